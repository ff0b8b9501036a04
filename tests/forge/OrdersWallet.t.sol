// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OrderBase} from "./OrderBase.sol";
import {LooseWallet} from "./mocks/LooseWallet.sol";
import {Wallet} from "./mocks/Wallet.sol";
import {vm} from "./Vm.sol";
import {ISignedOrders} from "../../contracts/interfaces/ISignedOrders.sol";
import {ExactCall} from "../../contracts/libraries/ExactCall.sol";
import {Task} from "../../contracts/types/Job.sol";

/// @notice Orders of owner contracts (ERC-1271), which check signatures with 50,000 gas.
contract OrdersWalletTest is OrderBase {
    Wallet private _wallet = new Wallet();

    function setUp() public override {
        super.setUp();
        _deposit(address(_wallet), 10 ether);
    }

    function test_LED2_WhatTheOwnerContractAcceptsCounts() external {
        Ask memory ask = _walletAsk();
        _freeGas();
        assertEq(_answered(ask).paid(), AMOUNT);
        assertEq(everloop.balanceOf(address(_wallet)), 10 ether - AMOUNT);
        assertEq(_target.lastOwner(), address(_wallet));
    }

    function test_LED2_TasksOfOwnerContractsCount() external {
        Task memory task = _task(address(_target));
        task.owner = address(_wallet);
        bytes32 digest = _scheduleDigest(task, 0, 1, DEADLINE);
        vm.expectRevert(abi.encodeWithSelector(ISignedOrders.Signature_Invalid.selector, _wallet, digest));
        _orders.scheduleSigned(task, 0, 1, DEADLINE, "mine");
        _wallet.approve(keccak256(abi.encode(digest, bytes("mine"))));
        _orders.scheduleSigned(task, 0, 1, DEADLINE, "mine");
        assertEq(_slot(task).due(), _now());
    }

    /// @dev Who brings an order chooses how long its signature is, where the owner contract ignores what it does not read.
    function test_LED2_RevertWhen_TheSignatureIsLongerThanAKilobyte() external {
        LooseWallet loose = new LooseWallet();
        _deposit(address(loose), 10 ether);
        Ask memory ask = _walletAsk();
        ask.job.owner = address(loose);
        ask.signature = new bytes(1_025);
        bytes memory reason = abi.encodeWithSelector(ISignedOrders.Signature_TooLong.selector, 1_025, 1_024);
        _expectRefused(provider, ask, reason);
        Task memory task = _task(address(_target));
        task.owner = address(loose);
        vm.expectRevert(reason);
        _orders.scheduleSigned(task, 0, 1, DEADLINE, ask.signature);
        ask.signature = new bytes(1_024);
        assertGe(_answered(ask).paid(), AMOUNT);
    }

    function test_LED2_RevertWhen_TheOwnerContractRefuses() external {
        Ask memory ask = _walletAsk();
        ask.signature = "theirs";
        _expectRefused(provider, ask, _invalid(ask));
    }

    /// @dev A word that is not exactly the magic value is no consent, however the contract ends.
    function test_LED2_RevertWhen_TheOwnerContractSaysAnythingElse() external {
        Ask memory ask = _walletAsk();
        for (uint256 mode = uint256(Wallet.Mode.Short); mode <= uint256(type(Wallet.Mode).max); ++mode) {
            _wallet.setMode(Wallet.Mode(mode));
            _expectRefused(provider, ask, _invalid(ask));
        }
    }

    function test_LED2_RevertWhen_TheOwnerIsAContractThatChecksNothing() external {
        _deposit(address(_target), 1 ether);
        Ask memory ask = _walletAsk();
        ask.job.owner = address(_target);
        _expectRefused(provider, ask, _invalid(ask));
    }

    /// @dev A check that burns everything, or answers with a megabyte, costs at most its 50,000 gas.
    function test_SCH2_TheCheckIsBounded() external {
        Ask memory ask = _walletAsk();
        bytes memory call_ = _callOf(ask);
        for (uint256 mode = uint256(Wallet.Mode.Revert); mode <= uint256(type(Wallet.Mode).max); ++mode) {
            _wallet.setMode(Wallet.Mode(mode));
            vm.prank(provider, provider);
            (bool ok,) = address(_orders).call(call_);
            assertFalse(ok);
            assertLe(vm.lastCallGas().gasTotalUsed, 50_000 + 40_000);
        }
    }

    /// @dev With falling gas the check either gets all of its gas or nothing happens; it is never starved into a refusal.
    function test_LED2_StarvingTheCheckOnlyReverts() external {
        Ask memory ask = _walletAsk();
        _wallet.setMode(Wallet.Mode.Counting);
        bytes memory call_ = _callOf(ask);
        (uint256 brought, uint256 starved) = (0, 0);
        for (uint256 gas_ = 20_000; gas_ <= 700_000; gas_ += 2_000) {
            uint256 snapshot = vm.snapshotState();
            vm.prank(provider, provider);
            (bool ok, bytes memory answer) = address(_orders).call{gas: gas_}(call_);
            if (ok) {
                ++brought;
            } else {
                bytes4 reason = bytes4(answer);
                if (reason == ISignedOrders.Signature_NotEnoughGas.selector) ++starved;
                else assertTrue(answer.length == 0 || reason == ExactCall.ExactCall_NotEnoughGas.selector);
                assertFalse(_orders.isNonceUsed(address(_wallet), ask.nonce));
            }
            vm.revertToState(snapshot);
        }
        assertGt(brought, 0, "with enough gas it is brought");
        assertGt(starved, 0, "with too little it is refused by name");
    }

    /// @dev The owner chose its contract: what the check burns is part of the order's gas.
    function test_SCH4_TheOwnerPaysForItsCheck() external {
        Ask memory ask = _walletAsk();
        uint256 snapshot = vm.snapshotState();
        uint256 paid = _answered(ask).paid();
        vm.revertToState(snapshot);
        vm.etch(address(_wallet), _slowWallet());
        assertGe(_answered(ask).paid(), paid + 30_000 * 2 gwei);
    }

    /// @dev Who brings an order chooses how many bytes an owner contract overlooks, and the owner pays them.
    function test_SCH4_RevertWhen_TheSignatureIsTooLong() external {
        Ask memory ask = _walletAsk();
        ask.signature = new bytes(1_025);
        _wallet.approve(keccak256(abi.encode(_askDigest(ask), ask.signature)));
        _expectRefused(provider, ask, abi.encodeWithSelector(ISignedOrders.Signature_TooLong.selector, 1_025, 1_024));
        ask.signature = new bytes(1_024);
        _wallet.approve(keccak256(abi.encode(_askDigest(ask), ask.signature)));
        assertGe(_answered(ask).paid(), AMOUNT);
    }

    /// @dev An account that delegated its code (EIP-7702) still signs with its key.
    function test_LED2_DelegatedAccountsSignWithTheirKey() external {
        vm.etch(alice, abi.encodePacked(hex"ef0100", address(_target)));
        _bring(provider, _ask(7));
        assertGe(everloop.balanceOf(provider), AMOUNT);
    }

    function _walletAsk() private returns (Ask memory ask) {
        ask = _ask(7);
        ask.job.owner = address(_wallet);
        ask.signature = "mine";
        _wallet.approve(keccak256(abi.encode(_askDigest(ask), ask.signature)));
    }

    /// @dev Runtime code that burns at least 30,000 gas in a loop, then returns the magic value: while (gas > 10,000).
    function _slowWallet() private pure returns (bytes memory) {
        // JUMPDEST PUSH2 10000 GAS GT PUSH1 0 JUMPI | PUSH4 magic PUSH1 224 SHL PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN
        return hex"5b6127105a11600057631626ba7e60e01b60005260206000f3";
    }
}
