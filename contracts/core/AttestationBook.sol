// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {StakeBook} from "./StakeBook.sol";
import {Attestation, IAttestationBook} from "../interfaces/IAttestationBook.sol";
import {IAttestationVerifier} from "../interfaces/IAttestationVerifier.sol";

/// @title AttestationBook
abstract contract AttestationBook is StakeBook, IAttestationBook {
    /// Gas of a verifier: twice what the chain of trust of a hardware quote or a large zero-knowledge proof takes.
    uint256 private constant VERIFY_GAS = 1_000_000;
    /// What must be left, so that the call gets all of it: 64/63 of it, and the call itself.
    uint256 private constant VERIFY_GAS_LEFT = VERIFY_GAS + VERIFY_GAS / 63 + 6_100;
    /// Bytes of a verifier's answer: three words.
    uint256 private constant ANSWER_BYTES = 96;

    mapping(address provider => mapping(bytes32 modelId => Attestation record)) private _attestations;

    /// @inheritdoc IAttestationBook
    function attest(bytes32 modelId, address verifier, bytes calldata evidence) external registered(msg.sender) {
        Attestation memory record = _verified(modelId, verifier, evidence);
        _attestations[msg.sender][modelId] = record;
        emit Attested(msg.sender, modelId, verifier, record.key, record.measurement, record.expiry);
    }

    /// @inheritdoc IAttestationBook
    function revokeAttestation(bytes32 modelId) external {
        require(_attestations[msg.sender][modelId].expiry != 0, Registry_NotAttested(msg.sender, modelId));
        delete _attestations[msg.sender][modelId];
        emit AttestationRevoked(msg.sender, modelId);
    }

    /// @inheritdoc IAttestationBook
    function attestationOf(address provider, bytes32 modelId) external view returns (Attestation memory) {
        return _attestations[provider][modelId];
    }

    /// @dev What the verifier answers, or a revert: a hostile one can waste its own gas, and nothing else.
    function _verified(bytes32 modelId, address verifier, bytes calldata evidence)
        private
        view
        returns (Attestation memory)
    {
        bytes memory data = abi.encodeCall(IAttestationVerifier.verify, (address(this), msg.sender, modelId, evidence));
        require(gasleft() >= VERIFY_GAS_LEFT, Registry_NotEnoughGas(gasleft(), VERIFY_GAS_LEFT));
        bool ok;
        uint256[3] memory answer;
        // Assembly, since Solidity's call copies the whole return data and hands over no exact gas.
        assembly ("memory-safe") {
            ok := staticcall(VERIFY_GAS, verifier, add(data, 32), mload(data), answer, ANSWER_BYTES)
            ok := and(ok, iszero(lt(returndatasize(), ANSWER_BYTES)))
        }
        require(ok, Registry_AttestationRefused(verifier));

        (uint256 key, uint256 measurement, uint256 expiry) = (answer[0], answer[1], answer[2]);
        bool sound = key != 0 && key <= type(uint160).max && expiry > block.timestamp && expiry <= type(uint40).max;
        require(sound, Registry_BadAttestation(key, expiry, block.timestamp));
        return Attestation(address(uint160(key)), uint40(expiry), verifier, bytes32(measurement));
    }
}
