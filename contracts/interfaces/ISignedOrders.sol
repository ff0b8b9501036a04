// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Inference, Task} from "../types/Job.sol";
import {Pin} from "../types/Run.sol";

/// @notice Orders that owners sign off chain (EIP-712, domain `Everloop` version `1`) and others bring.
/// @dev Notes: a signature covers chain and engine by its domain, which names this contract, and is used up by its nonce on
/// every path. Each engine makes its own.
interface ISignedOrders {
    /// @notice Emitted when `nonce` of `owner` is used up without an order.
    event NonceRevoked(address indexed owner, uint256 nonce);

    /// @notice The owner did not sign this.
    error Signature_Invalid(address owner, bytes32 digest);
    /// @notice The order came too late.
    error Signature_Expired(uint256 deadline, uint256 time);
    /// @notice The order was brought before, or revoked.
    error Signature_NonceUsed(address owner, uint256 nonce);
    /// @notice The transaction does not bring the gas that an owner contract gets to check a signature.
    error Signature_NotEnoughGas(uint256 gasLeft, uint256 required);

    /// @notice The signature is longer than any wallet needs.
    error Signature_TooLong(uint256 length, uint256 limit);

    /// @notice Take back what the caller signed with `nonce`.
    /// @dev Emits {NonceRevoked}.
    ///
    /// Requirements:
    /// - the nonce is unused; the caller is not locked
    function revokeNonce(uint256 nonce) external;

    /// @notice Whether `nonce` of `owner` is used up.
    function isNonceUsed(address owner, uint256 nonce) external view returns (bool);

    /// @notice Book a task for an owner who signed it.
    /// @dev Emits {IScheduler-TaskScheduled}.
    ///
    /// Requirements:
    /// - `signature` is the owner's over the EIP-712 struct `Schedule` with this task, due time, nonce and deadline
    /// - the deadline has not passed; the nonce is unused; the owner is not locked
    /// - what {IScheduler-schedule} asks for
    ///
    /// @param nonce Owner's number, used once, in any order.
    /// @param deadline Unix seconds; the last moment for it.
    /// @param signature Of the owner's key, or what the owner contract accepts by ERC-1271 with 50,000 gas.
    /// @return id
    function scheduleSigned(Task calldata task, uint40 due, uint256 nonce, uint40 deadline, bytes calldata signature)
        external
        returns (bytes32 id);

    /// @notice Answer an inference that its owner signed: order, payment and answer at once.
    /// @dev Emits {IInferenceMarket-SignedInferenceDelivered}.
    ///
    /// Notes:
    /// - the fee is the record's `amount`: what the owner signed and the provider accepts by answering
    /// - nothing was reserved: the provider bears the risk that the owner cannot pay
    /// - a lock past the deadline keeps the owner from withdrawing, booking and revoking meanwhile, but not from promising one
    ///   balance or one nonce to several providers, and an owner contract may change its mind: who wants certainty books
    ///
    /// Requirements:
    /// - `signature` is the owner's over the EIP-712 struct `Ask` with this record, nonce and deadline, at most 1,024 bytes
    /// - the deadline has not passed; the nonce is unused
    /// - what {IInferenceMarket-deliverOrder} asks for
    ///
    /// @param job The record, as signed.
    /// @param input The bytes behind the record's hash, if any.
    /// @param nonce Owner's number, used once, in any order.
    /// @param deadline Unix seconds; the last moment for it.
    /// @param signature Of the owner's key, or what the owner contract accepts by ERC-1271 with 50,000 gas.
    /// @param pin Run 0 and the block that was read.
    /// @param decision The answer.
    function deliverSigned(
        Inference calldata job,
        bytes calldata input,
        uint256 nonce,
        uint40 deadline,
        bytes calldata signature,
        Pin pin,
        bytes calldata decision
    ) external;
}
