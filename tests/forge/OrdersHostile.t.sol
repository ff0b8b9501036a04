// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OrderBase} from "./OrderBase.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {ILedger} from "../../contracts/interfaces/ILedger.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {ISignedOrders} from "../../contracts/interfaces/ISignedOrders.sol";
import {Inference, Task, TimingLib} from "../../contracts/types/Job.sol";

/// @notice Owners that want a signed answer for free, and providers that want more than its price.
contract OrdersHostileTest is OrderBase {
    function test_INF1_INF3_WithdrawingInsideTheCallbackLeavesThePay() external {
        Ask memory ask = _ask(7);
        vm.etch(alice, abi.encodePacked(hex"ef0100", address(_target)));
        ask.job.target = alice;
        ask.job.timing = TimingLib.pack(0, 0, 0, 3_000_000, 1_024, 0);
        _sign(ask);
        Puppet delegated = Puppet(payable(alice));
        delegated.addStep(address(everloop), abi.encodeCall(ILedger.withdraw, (10 ether, address(7))));
        delegated.addStep(address(everloop), abi.encodeCall(ILedger.withdraw, (9.8 ether, address(7))));
        uint256 paid = _answered(ask).paid();
        assertFalse(delegated.results()[0], "what the answer may cost is set aside");
        assertTrue(delegated.results()[1]);
        assertGe(paid, AMOUNT);
        assertEq(everloop.balanceOf(provider), paid);
        assertEq(everloop.balanceOf(alice), 0.2 ether - paid);
        assertEq(_reserved(alice), 0);
    }

    function test_SCH7_ReentryIntoEverythingIsRefused() external {
        Inference memory booked = _request(_inference(address(_target)), 0);
        Task memory task = _schedule(_task(address(_target)), 0);
        Ask memory other = _ask(8);
        IInferenceMarket.Answer[] memory answers = new IInferenceMarket.Answer[](1);
        answers[0] = IInferenceMarket.Answer(booked, _pinned(0), "b");
        _target.addStep(address(_orders), _callOf(other));
        _target.addStep(address(everloop), abi.encodeCall(IInferenceMarket.deliver, (booked, _pinned(0), "b")));
        _target.addStep(address(everloop), abi.encodeCall(IInferenceMarket.deliverBatch, (answers)));
        _target.addStep(address(everloop), abi.encodeCall(IScheduler.execute, (task)));
        vm.prank(provider, provider);
        everloop.authorise(address(_target), true);
        Ask memory ask = _ask(7);
        ask.job.timing = TimingLib.pack(0, 0, 0, 3_000_000, 1_024, 0);
        _sign(ask);
        _bring(provider, ask);
        for (uint256 i = 0; i < 4; ++i) {
            assertFalse(_target.results()[i]);
            assertEq(_target.answerOf(i), abi.encodeWithSelector(IScheduler.Scheduler_Reentered.selector));
        }
        assertFalse(_orders.isNonceUsed(alice, 8), "what was refused is not used up");
    }

    /// @dev The order is used up before anybody is called.
    function test_LED2_TheCallbackCannotRevokeOrReplayIt() external {
        Ask memory ask = _ask(7);
        vm.etch(alice, abi.encodePacked(hex"ef0100", address(_target)));
        ask.job.target = alice;
        ask.job.timing = TimingLib.pack(0, 0, 0, 3_000_000, 1_024, 0);
        _sign(ask);
        Puppet delegated = Puppet(payable(alice));
        delegated.addStep(address(_orders), abi.encodeCall(ISignedOrders.revokeNonce, (7)));
        delegated.addStep(address(_orders), _callOf(ask));
        assertGe(_answered(ask).paid(), AMOUNT);
        bytes memory used = abi.encodeWithSelector(ISignedOrders.Signature_NonceUsed.selector, alice, 7);
        assertEq(delegated.answerOf(0), used);
        assertEq(delegated.answerOf(1), used);
    }

    /// @dev A signed answer inside another run would settle with a run open.
    function test_SCH7_RevertWhen_BroughtInsideARun() external {
        vm.prank(provider, provider);
        everloop.authorise(address(_target), true);
        _target.addStep(address(_orders), _callOf(_ask(7)));
        Task memory task = _task(address(_target));
        task.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 3_000_000, 0, 0);
        _execute(_schedule(task, 0));
        assertFalse(_target.results()[0]);
        assertEq(_target.answerOf(0), abi.encodeWithSelector(IScheduler.Scheduler_Reentered.selector));
        assertFalse(_orders.isNonceUsed(alice, 7));
    }

    /// @dev With falling gas the target gets exactly its gas, or the order is not used up and nobody is paid.
    function test_SCH1_SweepOverDeliverSigned() external {
        Ask memory ask = _ask(7);
        ask.job.timing = TimingLib.pack(0, 0, 0, 2_700_000, 1_024, 0);
        _sign(ask);
        bytes memory call_ = _callOf(ask);
        uint256 ran = 0;
        for (uint256 gas_ = 3_400_000; gas_ >= 200_000; gas_ -= 50_000) {
            uint256 snapshot = vm.snapshotState();
            vm.prank(provider, provider);
            (bool ok,) = address(_orders).call{gas: gas_}(call_);
            assertEq(ok, _orders.isNonceUsed(alice, 7));
            if (ok) {
                ++ran;
                assertLe(_target.gasAtEntry(), 2_700_000);
                assertGe(_target.gasAtEntry() + 1_000, 2_700_000, "exactly its gas");
            } else {
                assertEq(_target.calls(), 0, "the whole run is undone");
                assertEq(everloop.balanceOf(provider), 0, "nobody is paid");
            }
            vm.revertToState(snapshot);
        }
        assertGt(ran, 0, "with enough gas it runs");
        assertLt(ran, 65, "with too little it does not");
    }

    /// @dev What stands behind the arguments is no part of the order. A contract makes such bytes for a fifth of what call
    /// data costs, so charging them would be a way into the owner's balance.
    function test_LED2_SCH4_BytesBehindTheOrderAreNotCharged() external {
        Puppet key = _keyContract();
        bytes memory call_ = _callOf(_ask(7));
        uint256 snapshot = vm.snapshotState();
        uint256 honest = _paidBy(key, call_);
        vm.revertToState(snapshot);
        bytes memory junk = new bytes(100_000);
        for (uint256 i = 32; i <= junk.length; i += 32) {
            assembly ("memory-safe") {
                mstore(add(junk, i), not(0))
            }
        }
        assertLe(_paidBy(key, bytes.concat(call_, junk)), honest * 105 / 100, "charged <= 105 % of the honest order");
    }

    /// @dev The same within the arguments: the encoding may leave gaps and point anywhere.
    function test_LED2_SCH4_GapsInTheOrderAreNotCharged() external {
        Puppet key = _keyContract();
        bytes memory call_ = _callOf(_ask(7));
        uint256 snapshot = vm.snapshotState();
        uint256 honest = _paidBy(key, call_);
        vm.revertToState(snapshot);
        assertLe(_paidBy(key, _spread(_ask(7), 100_000)), honest * 105 / 100, "charged <= 105 % of the honest order");
    }

    /// @dev A key that is a contract: it can make call data that no transaction carried.
    function _keyContract() private returns (Puppet key) {
        key = new Puppet();
        vm.prank(provider, provider);
        everloop.authorise(address(key), true);
        vm.fee(1);
        vm.txGasPrice(1);
    }

    function _paidBy(Puppet key, bytes memory call_) private returns (uint256) {
        uint256 before = everloop.balanceOf(provider);
        key.act(address(_orders), 0, call_);
        return everloop.balanceOf(provider) - before - AMOUNT;
    }

    /// @dev The same order with `gap` bytes between its head and its tail.
    function _spread(Ask memory ask, uint256 gap) private pure returns (bytes memory) {
        bytes memory tail =
            abi.encodePacked(uint256(0), uint256(65), ask.signature, new bytes(31), uint256(3), bytes32(ask.decision));
        uint256 head = 14 * 32;
        bytes memory junk = new bytes(gap);
        for (uint256 i = 32; i <= gap; i += 32) {
            assembly ("memory-safe") {
                mstore(add(junk, i), not(0))
            }
        }
        bytes memory rest =
            abi.encode(head + gap, ask.nonce, ask.deadline, head + gap + 32, ask.pin, head + gap + 32 + 32 + 96);
        return bytes.concat(ISignedOrders.deliverSigned.selector, abi.encode(ask.job), rest, junk, tail);
    }
}
