// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {CallDataGas} from "../libraries/CallDataGas.sol";
import {DirectCall} from "../libraries/DirectCall.sol";
import {TypedData} from "../libraries/TypedData.sol";
import {IEverloop} from "../interfaces/IEverloop.sol";
import {IInferenceMarket} from "../interfaces/IInferenceMarket.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {ISignedOrders} from "../interfaces/ISignedOrders.sol";
import {Inference, Task} from "../types/Job.sol";
import {Pin} from "../types/Run.sol";

/// @title SignedOrders
/// @dev It holds no money: the engine trusts it with one thing, that the owner of an order signed it.
contract SignedOrders is EIP712, ISignedOrders {
    /// Gas that an owner contract gets to check a signature: enough for a wallet of several keys.
    uint256 private constant CHECK_GAS = 50_000;
    /// What must be left, so that the call gets all of it: 64/63 of it, and the call itself.
    uint256 private constant CHECK_GAS_LEFT = CHECK_GAS + CHECK_GAS / 63 + 6_100;

    /// Most bytes of a signature: who brings it chooses its length, and the owner pays it.
    uint256 private constant MAX_SIGNATURE = 1_024;

    /// Gas of bringing an order to the engine that is not measured: the call, and copying what it carries.
    uint256 private constant ORDER_OVERHEAD = 3_600;

    /// 256 nonces a word, so that orders come in any order and neighbours share a slot.
    mapping(address owner => mapping(uint256 word => uint256 bits)) private _nonces;

    IEverloop private immutable _EVERLOOP;

    /// @dev Made by the engine that it serves.
    constructor() EIP712("Everloop", "1") {
        _EVERLOOP = IEverloop(msg.sender);
    }

    /// @inheritdoc ISignedOrders
    function scheduleSigned(Task calldata task, uint40 due, uint256 nonce, uint40 deadline, bytes calldata signature)
        external
        returns (bytes32 id)
    {
        _requireUnlocked(task.owner);
        _consume(task.owner, nonce, deadline, TypedData.ofSchedule(task, due, nonce, deadline), signature);
        return _EVERLOOP.schedule(task, due);
    }

    /// @inheritdoc ISignedOrders
    function deliverSigned(
        Inference calldata job,
        bytes calldata input,
        uint256 nonce,
        uint40 deadline,
        bytes calldata signature,
        Pin pin,
        bytes calldata decision
    ) external {
        uint256 startGas = gasleft();
        // Only bytes that were sent as call data are charged, as in the engine.
        uint256 dataGas = DirectCall.isDirect() ? _dataGas(job, input, signature, decision) : 0;
        _consume(job.owner, nonce, deadline, TypedData.ofAsk(job, nonce, deadline), signature);
        uint256 gasBefore = startGas + ORDER_OVERHEAD - gasleft();
        IInferenceMarket.Order memory order = IInferenceMarket.Order(msg.sender, nonce, gasBefore, dataGas);
        _EVERLOOP.deliverOrder(order, job, input, pin, decision);
    }

    /// @inheritdoc ISignedOrders
    function revokeNonce(uint256 nonce) external {
        _requireUnlocked(msg.sender);
        _useNonce(msg.sender, nonce);
        emit NonceRevoked(msg.sender, nonce);
    }

    /// @inheritdoc ISignedOrders
    function isNonceUsed(address owner, uint256 nonce) external view returns (bool) {
        return _nonces[owner][nonce >> 8] & (1 << (nonce & 0xff)) != 0;
    }

    /// @dev Check an order and use it up, or revert.
    /// @param order Its EIP-712 struct hash.
    function _consume(address owner, uint256 nonce, uint40 deadline, bytes32 order, bytes calldata signature) private {
        require(block.timestamp <= deadline, Signature_Expired(deadline, block.timestamp));
        require(signature.length <= MAX_SIGNATURE, Signature_TooLong(signature.length, MAX_SIGNATURE));
        _useNonce(owner, nonce);
        bytes32 digest = _hashTypedDataV4(order);
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        bool ok = failure == ECDSA.RecoverError.NoError && signer == owner;
        require(ok || _accepts(owner, digest, signature), Signature_Invalid(owner, digest));
    }

    /// @dev Gas of an order as call data: of its parts, since what else was sent is not the owner's matter.
    function _dataGas(Inference calldata job, bytes calldata input, bytes calldata signature, bytes calldata decision)
        private
        pure
        returns (uint256)
    {
        return CallDataGas.ofInference(job) + CallDataGas.ofCallData(input) + CallDataGas.ofCallData(signature)
            + CallDataGas.ofCallData(decision);
    }

    /// @dev Who has locked itself takes nothing back that it signed: neither by revoking, nor by a task of the same nonce.
    function _requireUnlocked(address owner) private view {
        uint256 until = _EVERLOOP.lockedUntil(owner);
        require(block.timestamp >= until, ILedger.Ledger_StillLocked(owner, until, block.timestamp));
    }

    function _useNonce(address owner, uint256 nonce) private {
        uint256 bits = _nonces[owner][nonce >> 8];
        uint256 bit = 1 << (nonce & 0xff);
        require(bits & bit == 0, Signature_NonceUsed(owner, nonce));
        _nonces[owner][nonce >> 8] = bits | bit;
    }

    /// @dev ERC-1271 with bounded gas. Whoever brings the order cannot starve the check into a refusal either.
    function _accepts(address owner, bytes32 digest, bytes calldata signature) private view returns (bool) {
        if (owner.code.length == 0) return false;
        require(gasleft() >= CHECK_GAS_LEFT, Signature_NotEnoughGas(gasleft(), CHECK_GAS_LEFT));
        bytes memory data = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        bool ok;
        bytes32 answer;
        // Assembly, since Solidity's call copies the whole return data.
        assembly ("memory-safe") {
            ok := staticcall(CHECK_GAS, owner, add(data, 32), mload(data), 0, 32)
            if and(ok, gt(returndatasize(), 31)) { answer := mload(0) }
        }
        return ok && answer == bytes32(IERC1271.isValidSignature.selector);
    }
}
