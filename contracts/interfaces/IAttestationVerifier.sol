// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice A contract that checks proofs of attested hardware.
interface IAttestationVerifier {
    /// @notice Read a proof, or revert.
    /// @dev Notes:
    /// - what is vouched for must be bound to chain, registry, provider, model, key, measurement and expiry, so that nobody
    ///   else can use it and it cannot be used elsewhere
    ///
    /// @param registry Who asks and will keep the answer.
    /// @param provider Whose machine it is.
    /// @param modelId keccak256 of `name@revision` of the model that runs there.
    /// @param evidence In this verifier's format.
    /// @return key Key that lives in the machine only.
    /// @return measurement Hash of the code that runs there.
    /// @return expiry Unix seconds from which it counts no more.
    function verify(address registry, address provider, bytes32 modelId, bytes calldata evidence)
        external
        view
        returns (address key, bytes32 measurement, uint40 expiry);
}
