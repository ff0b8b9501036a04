// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What a verifier found about a provider's machine.
struct Attestation {
    /// Key that lives in attested hardware only.
    address key;
    /// Unix seconds from which it counts no more.
    uint40 expiry;
    /// Contract that says so.
    address verifier;
    /// Hash of the code that runs there, as the verifier defines it.
    bytes32 measurement;
}

/// @notice Proofs that a provider's answers come from attested hardware.
/// @dev Notes: anyone may deploy a verifier and any provider may use any: a record says who vouches for it, and whoever
/// selects decides whom to trust.
interface IAttestationBook {
    /// @notice Emitted when `verifier` vouches for `provider`.
    event Attested(
        address indexed provider,
        bytes32 indexed modelId,
        address indexed verifier,
        address key,
        bytes32 measurement,
        uint40 expiry
    );

    /// @notice Emitted when `provider` takes its attestation back.
    event AttestationRevoked(address indexed provider, bytes32 indexed modelId);

    /// @notice The verifier failed, or gave no full answer.
    error Registry_AttestationRefused(address verifier);
    /// @notice The verifier's answer names no key or is over.
    error Registry_BadAttestation(uint256 key, uint256 expiry, uint256 time);
    /// @notice The verifier must get all of its gas.
    error Registry_NotEnoughGas(uint256 gasLeft, uint256 required);
    /// @notice There is no attestation to take back.
    error Registry_NotAttested(address provider, bytes32 modelId);

    /// @notice Keep what `verifier` finds in `evidence`, instead of what was kept before.
    /// @dev Emits {Attested}.
    ///
    /// Notes:
    /// - the verifier is read with 1,000,000 gas, and 96 bytes of its answer are copied
    /// - what it vouches for is bound to chain, this registry, provider, model, key, measurement and expiry
    ///
    /// Requirements:
    /// - the caller is registered; the gas left lets the verifier have all of its own
    /// - the verifier accepts; its answer names a key, and an expiry in the future
    ///
    /// @param verifier See {IAttestationVerifier}.
    /// @param evidence In the verifier's own format.
    function attest(bytes32 modelId, address verifier, bytes calldata evidence) external;

    /// @notice Take an attestation back, for instance when its key is lost.
    /// @dev Emits {AttestationRevoked}.
    ///
    /// Requirements:
    /// - there is one of the caller for this model
    function revokeAttestation(bytes32 modelId) external;

    /// @notice The attestation of a provider for a model, expired or not; all zero where there is none.
    function attestationOf(address provider, bytes32 modelId) external view returns (Attestation memory);
}
