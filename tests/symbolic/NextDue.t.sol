// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../forge/Test.sol";
import {vm} from "../forge/Vm.sol";
import {REJECTED, STOP} from "../../contracts/interfaces/IConsumers.sol";
import {NextDue} from "../../contracts/libraries/NextDue.sol";
import {Timing, TimingLib} from "../../contracts/types/Job.sol";

/// @notice When a job runs next: for every timing, wish and time of the next thousand years.
contract NextDueSymbolicTest is Test {
    uint256 private constant LAST = 1 << 35;

    function check_StopEndsTheLoop(Timing timing, uint256 due, uint40 time) external {
        _warp(time);
        assertEq(NextDue.afterSuccess(timing, due, STOP), 0);
    }

    function check_SCH6_WishIsClamped(Timing timing, uint256 due, uint256 wish, uint40 time) external {
        _warp(time);
        (uint256 interval, uint256 heartbeat) = (timing.interval(), timing.heartbeat());
        vm.assume(heartbeat != 0 && interval <= heartbeat);
        vm.assume(wish != 0 && wish != REJECTED && wish != STOP);
        uint256 next = NextDue.afterSuccess(timing, due, wish);
        assertGt(next, time, "a loop never runs twice in one block");
        assertGe(next, time + interval);
        assertLe(next, time + heartbeat);
        if (wish > time && wish >= time + interval && wish <= time + heartbeat) assertEq(next, wish);
    }

    function check_SCH6_NoWishMeansTheInterval(Timing timing, uint256 due, bool rejected, uint40 time) external {
        _warp(time);
        vm.assume(!timing.isGrid());
        uint256 interval = timing.interval();
        uint256 next = NextDue.afterSuccess(timing, due, rejected ? REJECTED : 0);
        assertEq(next, interval == 0 ? 0 : time + interval);
    }

    function check_OneShotEndsWhateverIsReturned(Timing timing, uint256 due, uint256 wish, uint40 time) external {
        _warp(time);
        vm.assume(timing.interval() == 0 && timing.heartbeat() == 0);
        assertEq(NextDue.afterSuccess(timing, due, wish), 0);
        assertEq(NextDue.afterFailure(timing, wish), 0);
    }

    function check_SCH6_BackOffStaysInItsBounds(Timing timing, uint256 failures, uint40 time) external {
        _warp(time);
        uint256 heartbeat = timing.heartbeat();
        vm.assume(heartbeat != 0);
        uint256 next = NextDue.afterFailure(timing, failures);
        uint256 longest = heartbeat > 1 days ? heartbeat : 1 days;
        assertGe(next, time + heartbeat);
        assertLe(next, time + longest);
    }

    function check_SCH6_BackOffDoublesAtMostSixTimes(Timing timing, uint8 failures, uint40 time) external {
        _warp(time);
        uint256 heartbeat = timing.heartbeat();
        vm.assume(heartbeat != 0 && heartbeat <= 1 days / 64);
        uint256 next = NextDue.afterFailure(timing, failures);
        assertEq(next, time + (heartbeat << (failures < 6 ? failures : 6)));
    }

    /// @dev Lemma for a grid of 4,096 seconds: with a symbolic interval the solvers time out on the division.
    function check_GridIsTheFirstOfItsTimesAhead(uint40 late, uint40 time) external {
        _warp(time);
        vm.assume(late <= time);
        Timing timing = TimingLib.pack(4_096, 4_096, 0, 0, 0, TimingLib.GRID);
        uint256 next = NextDue.afterSuccess(timing, time - late, 0);
        assertGt(next, time);
        assertLe(next, uint256(time) + 4_096);
        assertEq((next + late - time) % 4_096, 0);
    }

    function _warp(uint40 time) private {
        vm.assume(time < LAST);
        vm.warp(time);
    }
}
