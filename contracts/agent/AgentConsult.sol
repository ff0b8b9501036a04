// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {AgentBookings} from "./AgentBookings.sol";
import {IAgentConsult} from "../interfaces/IAgentConsult.sol";
import {Miss} from "../interfaces/IConsumers.sol";
import {CodeData} from "../libraries/CodeData.sol";
import {JobHash} from "../libraries/JobHash.sol";
import {Inference, TimingLib} from "../types/Job.sol";
import {Choice} from "../types/Policy.sol";

/// @title AgentConsult
abstract contract AgentConsult is AgentBookings {
    /// Salt of every question; the loop's is a hash. One job, so one question at a time.
    bytes32 private constant QUESTION = bytes32(uint256(1));
    uint256 private constant MAX_QUESTION = 1_024;
    uint24 private constant MAX_ANSWER = 1_024;
    /// s to answer.
    uint24 private constant ANSWER_WINDOW = 10 minutes;
    /// Gas to keep the longest answer as code, 250,000, and to say so.
    uint24 private constant ANSWER_GAS = 320_000;

    /// @inheritdoc IAgentConsult
    function consult(uint256 choice, string calldata question) external action {
        // Check: an empty question would ask for a decision.
        uint256 length = bytes(question).length;
        require(length != 0 && length <= MAX_QUESTION, Agent_TextLength(length, MAX_QUESTION));
        Choice memory adviser = _choice(choice);

        // Effect.
        (_memory.adviser, _memory.askedAt) = (adviser.provider, block.timestamp);
        _setReason(CONSULTING, true);
        emit Consulted(adviser.provider, question);

        // Interaction: Everloop refuses a second question, since it has the first one's salt.
        uint64 maxFee = uint64(Math.min(_policy.actionCap, type(uint64).max));
        _request(
            Inference({
                owner: address(this),
                target: address(this),
                timing: TimingLib.pack(0, 0, ANSWER_WINDOW, ANSWER_GAS, MAX_ANSWER, 0),
                pricing: _caps(ANSWER_GAS, maxFee),
                provider: adviser.provider,
                modelId: adviser.modelId,
                input: keccak256(bytes(question)),
                salt: QUESTION
            }),
            bytes(question),
            0
        );
    }

    /// @dev A provider of the agent's list, or a revert.
    function _choice(uint256 number) internal view virtual returns (Choice memory);

    /// @dev Effects of an answer: it is kept, and nothing else comes of it.
    function _keepAnswer(bytes calldata answer) internal {
        address adviser = _endQuestion();
        // Everloop takes no longer answer than was booked.
        _memory.answer = CodeData.write(abi.encodePacked(adviser, uint40(_memory.askedAt), answer));
        emit Advised(adviser, answer);
    }

    /// @dev No answer comes: end the job, which might wait for another provider.
    function _dropQuestion(Inference calldata job, Miss reason) internal {
        emit QuestionDropped(_endQuestion(), reason);
        _EVERLOOP.cancelInference(job);
    }

    function _isQuestion(bytes32 id) internal view returns (bool) {
        return id == JobHash.inferenceIdAt(address(_EVERLOOP), address(this), QUESTION);
    }

    /// @dev Effects of the end of a question.
    function _endQuestion() private returns (address adviser) {
        adviser = _memory.adviser;
        _memory.adviser = address(0);
        _setReason(CONSULTING, false);
    }
}
