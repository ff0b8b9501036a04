// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../forge/Test.sol";
import {vm} from "../forge/Vm.sol";
import {Unbonding} from "../../contracts/types/Unbonding.sol";

/// @notice Stake on its way out, for every amount and time.
/// @dev Sound: nothing is second without a first, parts leave in order, and all ether there is fits 90 bits.
contract UnbondingSymbolicTest is Test {
    uint256 private constant ALL_ETHER = 1 << 90;

    function check_REG1_TimeMovesPartsAndLosesNothing(Unbonding memory u, uint40 time) external pure {
        _assumeSound(u);
        uint256 total = u.total();
        Unbonding memory later = u.asOf(time);
        assertEq(later.total(), total);
        _assertSound(later);
    }

    /// @dev Exactly what waits beyond `time` is still not released.
    function check_REG2_NothingIsReleasedBeforeItsTime(Unbonding memory u, uint40 time) external pure {
        _assumeSound(u);
        uint256 released = u.released;
        if (u.first != 0 && time >= u.firstAt) released += u.first;
        if (u.second != 0 && time >= u.secondAt) released += u.second;
        assertEq(u.asOf(time).released, released);
    }

    function check_REG2_AnotherPartDelaysNoneThatWaitsFirst(Unbonding memory u, uint96 amount, uint40 at)
        external
        pure
    {
        _assumeSound(u);
        vm.assume(amount != 0 && amount < ALL_ETHER && at > u.lastAt() && at > u.firstAt);
        (uint256 total, uint256 first, uint256 firstAt) = (u.total(), u.first, u.firstAt);
        uint256 released = u.released;
        Unbonding memory more = u.added(amount, at);
        assertEq(more.total(), total + amount);
        assertEq(more.released, released);
        assertEq(more.lastAt(), at, "what is new waits for its whole delay");
        if (first != 0) {
            assertEq(more.first, first);
            assertEq(more.firstAt, firstAt);
        }
        _assertSound(more);
    }

    function check_REG1_TakingLowersTheStakeByWhatIsTaken(Unbonding memory u, uint256 amount) external pure {
        _assumeSound(u);
        uint256 total = u.total();
        (Unbonding memory left, uint256 took) = u.taken(amount);
        assertEq(took, amount < total ? amount : total);
        assertEq(left.total(), total - took);
        _assertSound(left);
    }

    function _assumeSound(Unbonding memory u) private pure {
        vm.assume(u.released < ALL_ETHER && u.first < ALL_ETHER && u.second < ALL_ETHER);
        vm.assume(_isSound(u));
    }

    function _assertSound(Unbonding memory u) private pure {
        assertTrue(_isSound(u));
    }

    function _isSound(Unbonding memory u) private pure returns (bool) {
        if (u.first == 0) return u.second == 0;
        return u.second == 0 || u.firstAt <= u.secondAt;
    }
}
