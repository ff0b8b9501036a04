// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Delivery, IInferenceConsumer, Miss} from "../interfaces/IConsumers.sol";
import {Inference} from "../types/Job.sol";

/// @title AnswerBox
/// @notice A plain contract that keeps the last answer to its owner's questions.
contract AnswerBox is IInferenceConsumer {
    address private immutable _EVERLOOP;
    address private immutable _OWNER;

    /// @notice keccak256 of the last answer; the answer itself is in the engine's event.
    bytes32 public lastAnswer;

    error AnswerBox_NotAllowed(address caller, address owner);

    /// @param everloop The engine that may call.
    /// @param owner Whose inferences may answer here.
    constructor(address everloop, address owner) {
        _EVERLOOP = everloop;
        _OWNER = owner;
    }

    /// @inheritdoc IInferenceConsumer
    function onInference(Delivery calldata delivery, bytes calldata answer) external returns (uint256) {
        require(msg.sender == _EVERLOOP && delivery.owner == _OWNER, AnswerBox_NotAllowed(msg.sender, delivery.owner));
        lastAnswer = keccak256(answer);
        return 0;
    }

    /// @inheritdoc IInferenceConsumer
    function onMissed(bytes32, Miss, Inference calldata) external {}
}
