// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {Agent} from "./Agent.sol";
import {AgentMemory} from "./AgentMemory.sol";
import {Delivery, Miss} from "../interfaces/IConsumers.sol";
import {IConsulter} from "../interfaces/IConsulter.sol";
import {Caps} from "../libraries/Caps.sol";
import {CodeData} from "../libraries/CodeData.sol";
import {Inference, TimingLib} from "../types/Job.sol";
import {Choice} from "../types/Policy.sol";

/// @title Consulter
/// @notice Ability to ask another model; the answer enters the context and never acts.
abstract contract Consulter is AgentMemory, IConsulter {
    /// Salt of every question; the loop's is a hash. One job, so one question at a time.
    bytes32 private constant QUESTION = bytes32(uint256(1));
    uint256 private constant MAX_QUESTION = 1_024;
    uint24 private constant MAX_ANSWER = 1_024;
    /// s to answer.
    uint24 private constant ANSWER_WINDOW = 10 minutes;
    /// Gas to keep the longest answer as code, 250,000, and to say so.
    uint24 private constant ANSWER_GAS = 320_000;

    /// Where the last answer is kept as code, behind its provider (20 bytes) and when it was asked (5); zero = none.
    address private _answer;
    /// Unix seconds when the last question was asked.
    uint40 private _askedAt;
    /// The provider that is asked; zero = no question is open.
    address private _adviser;

    /// @inheritdoc IConsulter
    function consult(uint256 choice, string calldata question) external action {
        // Check: an empty question would ask for a decision.
        uint256 length = bytes(question).length;
        require(length != 0 && length <= MAX_QUESTION, Agent_TextLength(length, MAX_QUESTION));
        Choice memory adviser = _choice(choice);

        // Effect.
        (_adviser, _askedAt) = (adviser.provider, uint40(block.timestamp));
        emit Consulted(adviser.provider, question);

        // Interaction: Everloop refuses a second question, since it has the first one's salt. What is set aside for it is topped
        // up, so that it counts against the budget, and the loop has as much as before. [AGT-3]
        uint64 maxFee = uint64(Math.min(_policy.actionCap, type(uint64).max));
        uint256 free = _free();
        _ask(
            Inference({
                owner: address(this),
                target: address(this),
                timing: TimingLib.pack(0, 0, ANSWER_WINDOW, ANSWER_GAS, MAX_ANSWER, 0),
                pricing: Caps.capsOf(_EVERLOOP, ANSWER_GAS, maxFee),
                provider: adviser.provider,
                modelId: adviser.modelId,
                input: keccak256(bytes(question)),
                salt: QUESTION
            }),
            bytes(question),
            CONSULTING
        );
        _topUp(free - _free());
    }

    /// @inheritdoc Agent
    function _recollections() internal view virtual override returns (string memory) {
        return string.concat(super._recollections(), _TEXT.advice(_answer, _adviser, _askedAt));
    }

    /// @inheritdoc Agent
    function _onOther(Delivery calldata delivery, bytes calldata answer) internal virtual override returns (bool) {
        if (!_isQuestion(delivery.id)) return super._onOther(delivery, answer);
        _keepAnswer(answer);
        return true;
    }

    /// @inheritdoc Agent
    function _onOtherMissed(bytes32 id, Miss reason, Inference calldata job) internal virtual override returns (bool) {
        if (!_isQuestion(id)) return super._onOtherMissed(id, reason, job);
        _dropQuestion(job, reason);
        return true;
    }

    /// @dev Effects of an answer: it is kept, and nothing else comes of it.
    function _keepAnswer(bytes calldata answer) private {
        address adviser = _endQuestion();
        // Everloop takes no longer answer than was booked.
        _answer = CodeData.write(abi.encodePacked(adviser, _askedAt, answer));
        emit Advised(adviser, answer);
    }

    /// @dev No answer comes: end the job, which might wait for another provider.
    function _dropQuestion(Inference calldata job, Miss reason) private {
        emit QuestionDropped(_endQuestion(), reason);
        _EVERLOOP.cancelInference(job);
    }

    function _isQuestion(bytes32 id) private view returns (bool) {
        return id == _idOf(QUESTION);
    }

    /// @dev Effects of the end of a question.
    function _endQuestion() private returns (address adviser) {
        adviser = _adviser;
        _adviser = address(0);
        _setReason(CONSULTING, false);
    }
}
