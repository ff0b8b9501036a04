// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Inference, Task} from "../types/Job.sol";

/// @notice EIP-712 struct hashes of what owners sign. {Timing} and {Pricing} are plain words to a wallet.
library TypedData {
    bytes private constant TASK =
        "Task(address owner,address target,uint256 timing,bytes32 salt,uint256 pricing,bytes data)";
    bytes private constant INFERENCE =
        "Inference(address owner,address target,uint256 timing,uint256 pricing,address provider,bytes32 modelId,bytes32 input,bytes32 salt)";
    bytes32 private constant TASK_TYPE = keccak256(TASK);
    bytes32 private constant INFERENCE_TYPE = keccak256(INFERENCE);
    bytes32 private constant SCHEDULE_TYPE =
        keccak256(abi.encodePacked("Schedule(Task task,uint40 due,uint256 nonce,uint40 deadline)", TASK));
    bytes32 private constant ASK_TYPE =
        keccak256(abi.encodePacked("Ask(Inference inference,uint256 nonce,uint40 deadline)", INFERENCE));

    /// @notice What an owner signs to have a task booked.
    function ofSchedule(Task calldata task, uint40 due, uint256 nonce, uint40 deadline)
        internal
        pure
        returns (bytes32)
    {
        bytes32 record = keccak256(
            abi.encode(TASK_TYPE, task.owner, task.target, task.timing, task.salt, task.pricing, keccak256(task.data))
        );
        return keccak256(abi.encode(SCHEDULE_TYPE, record, due, nonce, deadline));
    }

    /// @notice What an owner signs to have one inference answered at once.
    function ofAsk(Inference calldata job, uint256 nonce, uint40 deadline) internal pure returns (bytes32) {
        bytes32 record = keccak256(abi.encode(INFERENCE_TYPE, job));
        return keccak256(abi.encode(ASK_TYPE, record, nonce, deadline));
    }
}
