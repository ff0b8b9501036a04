// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAttestationVerifier} from "./IAttestationVerifier.sol";

/// @notice A verifier that believes k of n attesters, named once and for all at its deployment.
/// @dev Notes: attesters check a machine's quote off chain, with the vendor's collateral of the day, and sign what they saw.
/// Evidence is `abi.encode(address key, bytes32 measurement, uint40 expiry, bytes[] signatures)`: EIP-712 signatures of 65
/// bytes over {digestOf}, in ascending order of their signers. The domain is `Everloop SignedAttestation`, version 1, this
/// chain and contract. An attester that loses its key is answered by another verifier: whoever selects names it.
interface ISignedAttestation is IAttestationVerifier {
    /// @notice At least one signature, at most as many as attesters, of whom there is a limit.
    error Attestation_BadThreshold(uint256 threshold, uint256 attesters, uint256 limit);
    /// @notice Attesters and their signatures come in ascending order, each once.
    error Attestation_Unsorted(address account, address before);
    /// @notice Exactly as many signatures as are asked for.
    error Attestation_WrongCount(uint256 count, uint256 threshold);
    /// @notice Signature number `index` is of somebody else, or of nobody (zero).
    error Attestation_NotAttester(uint256 index, address signer);

    /// @notice What attesters sign.
    function digestOf(
        address registry,
        address provider,
        bytes32 modelId,
        address key,
        bytes32 measurement,
        uint40 expiry
    ) external view returns (bytes32);

    /// @notice Who may sign, in ascending order.
    function attesters() external view returns (address[] memory);

    /// @notice How many must sign.
    function THRESHOLD() external view returns (uint256);
}
