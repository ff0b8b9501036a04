// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IAttestationVerifier} from "../interfaces/IAttestationVerifier.sol";
import {ISignedAttestation} from "../interfaces/ISignedAttestation.sol";

/// @title SignedAttestation
contract SignedAttestation is EIP712, ISignedAttestation {
    /// As many as the registry's gas for a verifier pays with room to spare: an attester costs 11,000 gas.
    uint256 private constant MAX_ATTESTERS = 32;
    bytes32 private constant ATTESTATION_TYPE = keccak256(
        "Attestation(address registry,address provider,bytes32 modelId,address key,bytes32 measurement,uint40 expiry)"
    );

    /// @inheritdoc ISignedAttestation
    uint256 public immutable THRESHOLD;

    /// Written by the constructor only.
    address[] private _attesters;
    mapping(address account => bool is_) private _isAttester;

    /// @param attesters_ Who may sign, in ascending order; fixed for good.
    /// @param threshold How many of them must.
    constructor(address[] memory attesters_, uint256 threshold) EIP712("Everloop SignedAttestation", "1") {
        uint256 count = attesters_.length;
        require(
            threshold != 0 && threshold <= count && count <= MAX_ATTESTERS,
            Attestation_BadThreshold(threshold, count, MAX_ATTESTERS)
        );
        address last;
        for (uint256 i = 0; i < count; ++i) {
            require(attesters_[i] > last, Attestation_Unsorted(attesters_[i], last));
            last = attesters_[i];
            _isAttester[last] = true;
        }
        _attesters = attesters_;
        THRESHOLD = threshold;
    }

    /// @inheritdoc IAttestationVerifier
    function verify(address registry, address provider, bytes32 modelId, bytes calldata evidence)
        external
        view
        returns (address key, bytes32 measurement, uint40 expiry)
    {
        bytes[] memory signatures;
        (key, measurement, expiry, signatures) = abi.decode(evidence, (address, bytes32, uint40, bytes[]));
        require(signatures.length == THRESHOLD, Attestation_WrongCount(signatures.length, THRESHOLD));
        bytes32 digest = digestOf(registry, provider, modelId, key, measurement, expiry);
        address last;
        for (uint256 i = 0; i < signatures.length; ++i) {
            (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, signatures[i]);
            require(failure == ECDSA.RecoverError.NoError && _isAttester[signer], Attestation_NotAttester(i, signer));
            require(signer > last, Attestation_Unsorted(signer, last));
            last = signer;
        }
    }

    /// @inheritdoc ISignedAttestation
    function attesters() external view returns (address[] memory) {
        return _attesters;
    }

    /// @inheritdoc ISignedAttestation
    function digestOf(
        address registry,
        address provider,
        bytes32 modelId,
        address key,
        bytes32 measurement,
        uint40 expiry
    ) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(abi.encode(ATTESTATION_TYPE, registry, provider, modelId, key, measurement, expiry))
        );
    }
}
