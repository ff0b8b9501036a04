// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Inference, Task} from "../../../contracts/types/Job.sol";

/// @notice EIP-712 digests of orders, made from the type strings that a wallet shows, not by the contracts' library.
library OrderDigest {
    string private constant TASK =
        "Task(address owner,address target,uint256 timing,bytes32 salt,uint256 pricing,bytes data)";
    string private constant INFERENCE =
        "Inference(address owner,address target,uint256 timing,uint256 pricing,address provider,bytes32 modelId,bytes32 input,bytes32 salt)";
    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    function domain(uint256 chain, address verifier) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPE, keccak256("Everloop"), keccak256("1"), chain, verifier));
    }

    function digest(bytes32 domain_, bytes32 order) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain_, order));
    }

    function ofAsk(Inference memory job, uint256 nonce, uint40 deadline) internal pure returns (bytes32) {
        bytes32 type_ = keccak256(abi.encodePacked("Ask(Inference inference,uint256 nonce,uint40 deadline)", INFERENCE));
        bytes32 record = keccak256(abi.encode(keccak256(bytes(INFERENCE)), job));
        return keccak256(abi.encode(type_, record, nonce, deadline));
    }

    function ofSchedule(Task memory task, uint40 due, uint256 nonce, uint40 deadline) internal pure returns (bytes32) {
        bytes32 type_ =
            keccak256(abi.encodePacked("Schedule(Task task,uint40 due,uint256 nonce,uint40 deadline)", TASK));
        bytes32 record = keccak256(
            abi.encode(
                keccak256(bytes(TASK)),
                task.owner,
                task.target,
                task.timing,
                task.salt,
                task.pricing,
                keccak256(task.data)
            )
        );
        return keccak256(abi.encode(type_, record, due, nonce, deadline));
    }
}
