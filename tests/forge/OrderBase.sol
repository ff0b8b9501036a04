// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {OrderDigest} from "./mocks/OrderDigest.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {ISignedOrders} from "../../contracts/interfaces/ISignedOrders.sol";
import {Inference, Task, TimingLib} from "../../contracts/types/Job.sol";
import {Pin, RunReport} from "../../contracts/types/Run.sol";

/// @notice {Base} and what it takes to sign orders and to bring them.
abstract contract OrderBase is Base {
    /// The record's `amount`: what a signed inference pays as its fee.
    uint64 internal constant AMOUNT = 0.002 ether;
    uint40 internal constant DEADLINE = 1_800_003_600;

    /// An order for one inference, as its owner signs it, and the answer to it.
    struct Ask {
        Inference job;
        bytes input;
        uint256 nonce;
        uint40 deadline;
        bytes signature;
        Pin pin;
        bytes decision;
    }

    Puppet internal _target = new Puppet();
    ISignedOrders internal _orders;
    uint256 internal _aliceKey;

    function setUp() public virtual override {
        super.setUp();
        _orders = ISignedOrders(everloop.ORDERS());
        (, _aliceKey) = makeAddrAndKey("alice");
    }

    /// @dev alice's question, signed by her, and an answer of the provider's.
    function _ask(uint256 nonce) internal returns (Ask memory ask) {
        ask.job = _inference(address(_target));
        ask.job.timing = TimingLib.pack(0, 0, 0, 300_000, 1_024, 0);
        ask.nonce = nonce;
        ask.deadline = DEADLINE;
        ask.pin = _pinned(0);
        ask.decision = "yes";
        _sign(ask);
    }

    /// @dev Sign `ask` as it stands, with alice's key.
    function _sign(Ask memory ask) internal view {
        ask.signature = _signature(_aliceKey, _askDigest(ask));
    }

    function _signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function _bring(address caller, Ask memory ask) internal {
        bytes memory call_ = _callOf(ask);
        vm.prank(caller, caller);
        (bool ok, bytes memory answer) = address(_orders).call(call_);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    function _callOf(Ask memory ask) internal pure returns (bytes memory) {
        return abi.encodeCall(
            ISignedOrders.deliverSigned,
            (ask.job, ask.input, ask.nonce, ask.deadline, ask.signature, ask.pin, ask.decision)
        );
    }

    /// @dev Bring `ask` as its provider, and read what became of it.
    function _answered(Ask memory ask) internal returns (RunReport report) {
        vm.recordLogs();
        _bring(ask.job.provider, ask);
        bytes memory data = _newest(vm.getRecordedLogs(), IInferenceMarket.SignedInferenceDelivered.selector).data;
        (report,,,,) = abi.decode(data, (RunReport, uint256, Inference, bytes, bytes));
    }

    /// @dev Bringing `ask` as `caller` reverts with `reason`, and its nonce stays unused.
    function _expectRefused(address caller, Ask memory ask, bytes memory reason) internal {
        bytes memory call_ = _callOf(ask);
        bool used = _orders.isNonceUsed(ask.job.owner, ask.nonce);
        vm.prank(caller, caller);
        (bool ok, bytes memory answer) = address(_orders).call(call_);
        assertFalse(ok, "refused");
        assertEq(answer, reason);
        assertEq(_orders.isNonceUsed(ask.job.owner, ask.nonce), used);
    }

    function _invalid(Ask memory ask) internal view returns (bytes memory) {
        return abi.encodeWithSelector(ISignedOrders.Signature_Invalid.selector, ask.job.owner, _askDigest(ask));
    }

    function _signedId(Ask memory ask) internal view returns (bytes32) {
        return keccak256(abi.encode(uint256(2), block.chainid, address(everloop), ask.job.owner, ask.nonce));
    }

    function _askDigest(Ask memory ask) internal view returns (bytes32) {
        return OrderDigest.digest(OrderDigest.domain(block.chainid, address(_orders)), _askHash(ask));
    }

    function _askHash(Ask memory ask) internal pure returns (bytes32) {
        return OrderDigest.ofAsk(ask.job, ask.nonce, ask.deadline);
    }

    function _scheduleDigest(Task memory task, uint40 due, uint256 nonce, uint40 deadline)
        internal
        view
        returns (bytes32)
    {
        bytes32 order = OrderDigest.ofSchedule(task, due, nonce, deadline);
        return OrderDigest.digest(OrderDigest.domain(block.chainid, address(_orders)), order);
    }
}
