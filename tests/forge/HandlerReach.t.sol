// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Handler} from "./mocks/Handler.sol";
import {vm} from "./Vm.sol";

/// @notice The invariants are not vacuous: every move of the handler does what it is named after.
contract HandlerReachTest is Base {
    Handler private _handler;

    function setUp() public override {
        super.setUp();
        _withdrawAll(alice);
        address[] memory all = new address[](2);
        (all[0], all[1]) = (provider, rival);
        _handler = new Handler(everloop, all, keeper);
        for (uint256 i = 0; i < _handler.COUNT(); ++i) {
            _handler.deposit(i, 0.05 ether);
            if (i < 12) _handler.book(i, i * 1_000 + 3);
        }
    }

    function test_OwnersMoves() external {
        _done("deposit", 14);
        _done("request", 6);
        _done("schedule", 6);
        _handler.update(0, 7);
        _done("updateInference", 1);
        _handler.update(6, 7);
        _done("update", 1);
        _handler.cancel(1);
        _done("cancelInference", 1);
        _handler.cancel(7);
        _done("cancel", 1);
        _handler.withdraw(7, 0);
        _done("withdraw", 1);
        _handler.lock(2, 1_000);
        _done("lock", 1);
        _handler.overdraw(2, 1);
        _handler.overdraw(3, 1);
        _done("overdraw", 0);
    }

    function test_SignedMoves() external {
        _handler.scheduleSigned(0, 1);
        _done("scheduleSigned", 1);
        _handler.scheduleSigned(1, 1);
        _done("scheduleSigned", 2);
        _handler.deliverSigned(0, 2, "yes");
        _done("deliverSigned", 1);
        _handler.deliverSigned(6, 2, "again");
        _done("deliverSigned", 1);
        _handler.revokeNonce(1, 5);
        _done("revokeNonce", 1);
        _handler.update(12, 7);
        _done("update", 1);
        skip(10);
        _handler.execute(6);
        _done("execute", 1);
    }

    function test_KeepersMoves() external {
        skip(30);
        _handler.execute(0);
        _done("execute", 1);
        _handler.executeBatch(0);
        _done("executeBatch", 1);
        _handler.repost(0);
        _done("repostInference", 1);
        _handler.repost(8);
        _done("repost", 1);
        skip(600);
        _handler.expire(0);
        _done("expire", 1);
    }

    function test_ProvidersMoves() external {
        _handler.authorise(0, true);
        _handler.authorise(1, true);
        _done("authorise", 2);
        _goTo(0);
        _handler.deliver(0, "yes");
        _done("deliver", 1);
        _goTo(1);
        _handler.deliver(1, "by its key");
        _done("deliver", 2);
        _goTo(2);
        _handler.decline(2);
        _done("decline", 1);
        _handler.resign(2);
        _done("resign", 1);
        _goTo(5);
        uint256 runs = _handler.slotOf(5).runs();
        _handler.deliverBatch(1, "yes");
        _done("deliverBatch", 1);
        assertGt(_handler.slotOf(5).runs(), runs, "answered in a batch");
    }

    function test_ProvidersOfficeMoves() external {
        _handler.offer(0, 5);
        _done("offer", 1);
        _handler.serve(0, false);
        _handler.serve(0, true);
        _done("serve", 2);
        _handler.list(1, false);
        _handler.list(1, true);
        _done("delist", 1);
        _done("whitelist", 1);
        _handler.stake(0, 0.01 ether);
        _done("stake", 1);
        _handler.unbond(0, 0.05 ether);
        _done("unbond", 1);
        skip(14 days);
        _handler.takeStake(0);
        _done("takeStake", 1);
        _handler.forceEther(1);
        _handler.setBaseFee(4 gwei);
        assertEq(block.basefee, 4 gwei);
    }

    function test_DormantJobsAreResumedAndMoved() external {
        _handler.arm(0, 2);
        _goTo(0);
        _handler.deliver(0, "yes");
        assertEq(_handler.slotOf(0).due(), 0, "emptied inside its run: dormant");
        _handler.behave(0, 0, 0);
        _handler.deposit(0, 0.09 ether);
        _handler.resume(0);
        _done("resume", 1);
        _handler.resign(0);
        assertTrue(_handler.slotOf(0).isResigned());
        _handler.arm(0, 1);
        vm.warp(_now() + 60);
        _handler.resume(0);
        assertEq(_handler.ghostMoves(), 1, "its target went on with another");
    }

    function test_ArmedContractsActInsideTheirRuns() external {
        for (uint256 i = 0; i < 3; ++i) {
            _handler.arm(i, 3 + 256 * i);
        }
        _handler.arm(6, 0);
        _handler.arm(9, 1);
        _goTo(0);
        _handler.deliver(0, "yes");
        skip(10);
        uint256 runs = _handler.slotOf(9).runs();
        _handler.executeBatch(0);
        _done("reenter", 1);
        assertFalse(_handler.reentered());
        assertEq(_handler.slotOf(6).commitment(), 0, "ended inside its run");
        assertEq(_handler.slotOf(9).runs(), runs + 1, "changed inside its run, counted once");
    }

    function _done(string memory move, uint256 count) private view {
        assertEq(_handler.done(move), count, move);
    }

    /// @dev To the due time of a job, if that is ahead.
    function _goTo(uint256 index) private {
        uint256 due = _handler.slotOf(index).due();
        if (due > _now()) vm.warp(due);
        vm.roll(vm.getBlockNumber() + 1);
    }
}
