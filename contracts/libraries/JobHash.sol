// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Inference, Task} from "../types/Job.sol";

/// @notice The hashes that stand for a whole record and for a job.
/// @dev A commitment is the low 160 bits of keccak256 over the record's words in order, then a task's data; none is 0, which
/// stands for no record (finding one takes 2^160 hashes). Assembly, since the record already lies so: encoding it anew costs
/// 1,100 gas a run.
library JobHash {
    uint256 private constant TASK_WORDS = 5 * 32;
    uint256 private constant INFERENCE_WORDS = 8 * 32;
    uint256 private constant KIND_TASK = 0;
    uint256 private constant KIND_INFERENCE = 1;
    uint256 private constant KIND_SIGNED = 2;

    /// @notice keccak256 of bytes as they lie in call data; Solidity first makes an array of them, 150 gas more.
    function ofBytes(bytes calldata data) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, data.offset, data.length)
            hash := keccak256(free, data.length)
        }
    }

    /// @notice The commitment of a task.
    /// @param data Of the task; passed along, since reaching it in call data is checked anew each time.
    function ofTask(Task calldata task, bytes calldata data) internal pure returns (uint160 commitment) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, task, TASK_WORDS)
            calldatacopy(add(free, TASK_WORDS), data.offset, data.length)
            commitment := and(keccak256(free, add(TASK_WORDS, data.length)), 0xffffffffffffffffffffffffffffffffffffffff)
        }
    }

    /// @notice The commitment of an inference; one with dirty bits matches none that was booked.
    function ofInference(Inference calldata job) internal pure returns (uint160 commitment) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, job, INFERENCE_WORDS)
            commitment := and(keccak256(free, INFERENCE_WORDS), 0xffffffffffffffffffffffffffffffffffffffff)
        }
    }

    /// @notice The record with its fee filled in.
    /// @dev The caller has read its addresses, which refuses dirty ones.
    function completed(Inference calldata job, uint64 fee) internal pure returns (Inference memory record) {
        assembly ("memory-safe") {
            calldatacopy(record, job, INFERENCE_WORDS)
        }
        record.pricing = record.pricing.withFee(fee);
    }

    /// @notice The commitment of an inference that Everloop has completed.
    function ofCompleted(Inference memory job) internal pure returns (uint160 commitment) {
        assembly ("memory-safe") {
            commitment := and(keccak256(job, INFERENCE_WORDS), 0xffffffffffffffffffffffffffffffffffffffff)
        }
    }

    /// @notice The id of a task: keccak256 of its kind, chain, engine, owner and salt, a word each.
    function taskId(address owner, bytes32 salt) internal view returns (bytes32) {
        return _id(address(this), KIND_TASK, owner, salt);
    }

    /// @notice The id of an inference.
    function inferenceId(address owner, bytes32 salt) internal view returns (bytes32) {
        return _id(address(this), KIND_INFERENCE, owner, salt);
    }

    /// @notice The id of an inference at the engine `everloop`.
    function inferenceIdAt(address everloop, address owner, bytes32 salt) internal view returns (bytes32) {
        return _id(everloop, KIND_INFERENCE, owner, salt);
    }

    /// @notice The id of a signed inference, which is never booked: its nonce stands for the salt.
    function signedId(address owner, uint256 nonce) internal view returns (bytes32) {
        return _id(address(this), KIND_SIGNED, owner, bytes32(nonce));
    }

    function _id(address everloop, uint256 kind, address owner, bytes32 salt) private view returns (bytes32 id) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, kind)
            mstore(add(free, 32), chainid())
            mstore(add(free, 64), everloop)
            mstore(add(free, 96), owner)
            mstore(add(free, 128), salt)
            id := keccak256(free, 160)
        }
    }
}
