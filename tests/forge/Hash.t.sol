// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LibraryProbe} from "./mocks/LibraryProbe.sol";
import {Test} from "./Test.sol";
import {vm} from "./Vm.sol";
import {JobHash} from "../../contracts/libraries/JobHash.sol";
import {Inference, Task} from "../../contracts/types/Job.sol";

/// @notice Commitments, ids and call-data gas of records, against values computed from `abi.encode`.
contract HashTest is Test {
    LibraryProbe private _probe = new LibraryProbe();

    function testFuzz_TaskCommitmentIsTheHashOfItsWordsAndData(Task calldata task) external view {
        assertEq(_probe.commitmentOf(task), _commitment(task));
    }

    function testFuzz_InferenceCommitmentIsTheHashOfItsEncoding(Inference calldata job) external view {
        uint160 expected = uint160(uint256(keccak256(abi.encode(job))));
        assertEq(_probe.commitmentOf(job), expected);
        Inference memory copy = job;
        assertEq(JobHash.ofCompleted(copy), expected, "memory and call data agree");
    }

    /// @dev One of the five fixed words, or the data, is changed.
    function testFuzz_TaskCommitmentCoversEveryField(Task calldata task, uint8 field, bytes32 other) external view {
        Task memory copy = task;
        field %= 6;
        if (field == 5) copy.data = abi.encode(keccak256(task.data), other);
        else vm.assume(_replace(_pointer(copy), field, field < 2, other));
        assertNotEq(_probe.commitmentOf(copy), _probe.commitmentOf(task));
    }

    /// @dev One of the eight words is changed.
    function testFuzz_InferenceCommitmentCoversEveryField(Inference calldata job, uint8 field, bytes32 other)
        external
        view
    {
        Inference memory copy = job;
        field %= 8;
        vm.assume(_replace(_pointer(copy), field, field < 2 || field == 4, other));
        assertNotEq(_probe.commitmentOf(copy), _probe.commitmentOf(job));
        assertNotEq(JobHash.ofCompleted(copy), _probe.commitmentOf(job));
    }

    /// @dev Data that is longer by zero bytes is other data.
    function testFuzz_TaskCommitmentCoversTheLengthOfTheData(Task calldata task, uint8 zeros) external view {
        Task memory copy = task;
        copy.data = bytes.concat(task.data, new bytes(uint256(zeros) + 1));
        assertNotEq(_probe.commitmentOf(copy), _probe.commitmentOf(task));
    }

    function testFuzz_IdsAreBoundToKindChainEngineOwnerAndSalt(address owner, bytes32 salt, uint32 chain) external {
        uint256 chainId = uint256(chain) + 1;
        vm.chainId(chainId);
        assertEq(JobHash.taskId(owner, salt), _id(0, chainId, address(this), owner, salt));
        assertEq(JobHash.inferenceId(owner, salt), _id(1, chainId, address(this), owner, salt));
        assertEq(JobHash.signedId(owner, uint256(salt)), _id(2, chainId, address(this), owner, salt));
        assertEq(JobHash.inferenceIdAt(address(1), owner, salt), _id(1, chainId, address(1), owner, salt));
        vm.chainId(chainId + 1);
        assertEq(JobHash.taskId(owner, salt), _id(0, chainId + 1, address(this), owner, salt), "another chain");
    }

    function testFuzz_IdsOfOneSaltDifferByKindEngineAndOwner(address owner, address other, bytes32 salt) external view {
        vm.assume(owner != other);
        assertNotEq(JobHash.taskId(owner, salt), JobHash.inferenceId(owner, salt));
        assertNotEq(JobHash.taskId(owner, salt), JobHash.signedId(owner, uint256(salt)));
        assertNotEq(JobHash.inferenceId(owner, salt), JobHash.signedId(owner, uint256(salt)));
        assertNotEq(JobHash.taskId(owner, salt), JobHash.taskId(other, salt));
        assertNotEq(JobHash.inferenceIdAt(owner, owner, salt), JobHash.inferenceIdAt(other, owner, salt));
    }

    /// @dev Never less than what the record costs as call data of {IScheduler-execute}, and at most 120 gas more.
    function testFuzz_RecordGasOfATaskCoversItsCallData(Task calldata task) external view {
        vm.assume(task.data.length <= 448);
        uint256 sent = _callDataGas(abi.encode(task));
        uint256 counted = _probe.recordGas(task);
        assertGe(counted, sent, "recordGas >= gas of the bytes");
        assertLe(counted, sent + 120);
    }

    /// @dev What is filled in later counts as eight bytes that are not zero.
    function testFuzz_RecordGasOfAnInferenceCountsTheFeeAsFull(Inference calldata job, uint64 fee) external view {
        Inference memory unpriced = job;
        unpriced.pricing = job.pricing.withFee(0);
        uint256 counted = _probe.recordGas(unpriced);
        assertEq(counted, _callDataGas(abi.encode(unpriced)) + 8 * 12);
        Inference memory completed = unpriced;
        completed.pricing = unpriced.pricing.withFee(fee);
        assertEq(_probe.completedGas(completed), counted, "the same before and after booking");
        assertGe(counted, _callDataGas(abi.encode(completed)), "recordGas >= gas of the bytes");
    }

    /// @dev The five words as `abi.encode` lays them out behind the offset of the struct, then the data.
    function _commitment(Task calldata task) private pure returns (uint160) {
        bytes memory fixed_ = abi.encode(task.owner, task.target, task.timing, task.salt, task.pricing);
        return uint160(uint256(keccak256(bytes.concat(fixed_, task.data))));
    }

    function _id(uint256 kind, uint256 chainId, address engine, address owner, bytes32 salt)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(kind, chainId, engine, owner, salt));
    }

    function _callDataGas(bytes memory data) private pure returns (uint256 gas_) {
        for (uint256 i = 0; i < data.length; ++i) {
            gas_ += data[i] == 0 ? 4 : 16;
        }
    }

    function _pointer(Task memory task) private pure returns (uint256 pointer) {
        assembly ("memory-safe") {
            pointer := task
        }
    }

    function _pointer(Inference memory job) private pure returns (uint256 pointer) {
        assembly ("memory-safe") {
            pointer := job
        }
    }

    /// @return changed Whether the word differs from the one before.
    function _replace(uint256 pointer, uint256 field, bool isAddress, bytes32 other)
        private
        pure
        returns (bool changed)
    {
        if (isAddress) other = bytes32(uint256(uint160(uint256(other))));
        assembly ("memory-safe") {
            let at := add(pointer, mul(field, 32))
            changed := iszero(eq(mload(at), other))
            mstore(at, other)
        }
    }
}
