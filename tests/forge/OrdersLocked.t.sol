// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OrderBase} from "./OrderBase.sol";
import {vm} from "./Vm.sol";
import {ILedger} from "../../contracts/interfaces/ILedger.sol";
import {Task} from "../../contracts/types/Job.sol";

/// @notice [INF-1] an owner that has locked itself past the deadline takes back nothing that it signed. What a lock does not
/// bind is told in docs/decisions.md.
contract OrdersLockedTest is OrderBase {
    uint40 private constant UNTIL = DEADLINE + 1;

    function setUp() public override {
        super.setUp();
        vm.prank(alice);
        everloop.lock(UNTIL);
    }

    /// @dev The answer waits in the open for its block, so its reader may try to be faster.
    function test_INF1_LockedOwnersRevokeNothing() external {
        Ask memory ask = _ask(7);
        _expectLocked();
        vm.prank(alice, alice);
        _orders.revokeNonce(7);
        assertGe(_answered(ask).paid(), AMOUNT);
    }

    /// @dev Nor by a second order of that nonce, whoever brings it.
    function test_INF1_LockedOwnersUseNoNonceUpByATask() external {
        Ask memory ask = _ask(7);
        Task memory task = _task(address(_target));
        bytes memory signature = _signature(_aliceKey, _scheduleDigest(task, 0, 7, DEADLINE));
        address[2] memory bringers = [alice, keeper];
        for (uint256 i = 0; i < bringers.length; ++i) {
            _expectLocked();
            vm.prank(bringers[i], bringers[i]);
            _orders.scheduleSigned(task, 0, 7, DEADLINE, signature);
        }
        assertGe(_answered(ask).paid(), AMOUNT);
    }

    function test_INF1_TheDeadlineIsOverWhenTheLockIs() external {
        vm.warp(UNTIL - 1);
        _expectLocked();
        vm.prank(alice, alice);
        _orders.revokeNonce(7);
        vm.warp(UNTIL);
        vm.prank(alice, alice);
        _orders.revokeNonce(7);
        assertTrue(_orders.isNonceUsed(alice, 7));
        Task memory task = _task(address(_target));
        bytes memory signature = _signature(_aliceKey, _scheduleDigest(task, 0, 8, UNTIL));
        _orders.scheduleSigned(task, 0, 8, UNTIL, signature);
        assertEq(_slot(task).due(), _now(), "and tasks are booked again");
    }

    function test_INF1_OthersRevokeMeanwhile() external {
        vm.prank(rival, rival);
        _orders.revokeNonce(7);
        assertTrue(_orders.isNonceUsed(rival, 7));
        assertFalse(_orders.isNonceUsed(alice, 7));
    }

    function _expectLocked() private {
        vm.expectRevert(abi.encodeWithSelector(ILedger.Ledger_StillLocked.selector, alice, UNTIL, _now()));
    }
}
