// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "./Test.sol";
import {vm} from "./Vm.sol";
import {REJECTED, STOP} from "../../contracts/interfaces/IConsumers.sol";
import {NextDue} from "../../contracts/libraries/NextDue.sol";
import {Timing, TimingLib} from "../../contracts/types/Job.sol";

/// @notice When a job runs next.
contract NextDueTest is Test {
    uint256 private constant NOW = 1_800_000_000;

    function setUp() external {
        vm.warp(NOW);
    }

    function test_ZeroAndRejectedMeanTheInterval() external view {
        Timing timing = _timing(60, 600, 0);
        assertEq(NextDue.afterSuccess(timing, NOW - 5, 0), NOW + 60);
        assertEq(NextDue.afterSuccess(timing, NOW - 5, REJECTED), NOW + 60);
    }

    function test_StopEndsTheLoop() external view {
        assertEq(NextDue.afterSuccess(_timing(60, 600, 0), NOW, STOP), 0);
    }

    function test_OneShotEndsWhateverIsReturned() external view {
        Timing timing = _timing(0, 0, 0);
        assertEq(NextDue.afterSuccess(timing, NOW, 0), 0);
        assertEq(NextDue.afterSuccess(timing, NOW, REJECTED), 0);
        assertEq(NextDue.afterSuccess(timing, NOW, NOW + 100), 0);
        assertEq(NextDue.afterFailure(timing, 1), 0);
    }

    function testFuzz_WishIsClamped(uint32 interval, uint32 heartbeat, uint256 wish) external view {
        heartbeat = uint32(bound(heartbeat, 1, type(uint32).max));
        interval = uint32(bound(interval, 0, heartbeat));
        wish = bound(wish, 1, type(uint256).max - 2);
        uint256 next = NextDue.afterSuccess(_timing(interval, heartbeat, 0), NOW, wish);
        assertGt(next, NOW, "a loop never runs twice in one block");
        assertGe(next, NOW + interval);
        assertLe(next, NOW + heartbeat);
        if (wish >= NOW + interval && wish <= NOW + heartbeat && wish > NOW) assertEq(next, wish);
    }

    function testFuzz_GridKeepsItsPhaseAndCatchesUpNothing(uint32 interval, uint256 late) external view {
        interval = uint32(bound(interval, 1, 365 days));
        late = bound(late, 0, NOW - 1);
        uint256 next = NextDue.afterSuccess(_timing(interval, interval, TimingLib.GRID), NOW - late, 0);
        assertGt(next, NOW);
        assertLe(next, NOW + interval, "the first grid time that is ahead");
        assertEq((next - (NOW - late)) % interval, 0, "on the grid");
    }

    function testFuzz_BackOffDoublesUpToItsLimit(uint32 heartbeat, uint8 failures) external view {
        heartbeat = uint32(bound(heartbeat, 1, type(uint32).max));
        uint256 doublings = failures > 6 ? 6 : failures;
        uint256 pause = uint256(heartbeat) * 2 ** doublings;
        uint256 longest = heartbeat > 86_400 ? heartbeat : 86_400;
        uint256 expected = NOW + (pause > longest ? longest : pause);
        assertEq(NextDue.afterFailure(_timing(0, heartbeat, 0), failures), expected);
    }

    function _timing(uint32 interval, uint32 heartbeat, uint8 flags) private pure returns (Timing) {
        return TimingLib.pack(interval, heartbeat, 0, 0, 0, flags);
    }
}
