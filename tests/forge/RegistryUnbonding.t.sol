// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IStakeBook} from "../../contracts/interfaces/IStakeBook.sol";
import {Inference} from "../../contracts/types/Job.sol";
import {Unbonding} from "../../contracts/types/Unbonding.sol";

/// @notice Several parts of one stake on their way out at once.
contract RegistryUnbondingTest is Base {
    uint256 private constant DELAY = 14 days;
    uint96 private constant PART = 0.05 ether;

    function test_REG2_ALaterUnbondLetsNoEarlierPartOutEarlyNorLate() external {
        uint256 start = _now();
        _unbond(PART);
        skip(5 days);
        _unbond(2 * PART);
        vm.warp(start + DELAY - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IStakeBook.Registry_StillBonded.selector, provider, start + DELAY, _now())
        );
        registry.withdraw(provider);
        skip(1);
        registry.withdraw(provider);
        assertEq(staker.balance, PART, "the first part, and no more");
        vm.warp(start + 5 days + DELAY - 1);
        vm.expectPartialRevert(IStakeBook.Registry_StillBonded.selector);
        registry.withdraw(provider);
        skip(1);
        registry.withdraw(provider);
        assertEq(staker.balance, 3 * PART);
    }

    function test_REG2_AThirdPartJoinsTheNewerAndLeavesTheOldestAlone() external {
        uint256 start = _now();
        _unbond(PART);
        skip(1 days);
        _unbond(PART);
        skip(1 days);
        _unbond(PART);
        Unbonding memory leaving = registry.unbondingOf(provider);
        assertEq(leaving.first, PART);
        assertEq(leaving.firstAt, start + DELAY);
        assertEq(leaving.second, 2 * PART);
        assertEq(leaving.secondAt, start + 2 days + DELAY);
        assertEq(registry.providerOf(provider).releasedAt, start + 2 days + DELAY);
    }

    /// @dev What is released but not fetched is not delayed again by what is unbonded later.
    function test_REG2_ReleasedStakeStaysReleased() external {
        _unbond(PART);
        skip(DELAY);
        _unbond(PART);
        assertEq(registry.withdrawableOf(provider), PART);
        skip(DELAY);
        _unbond(PART);
        assertEq(registry.withdrawableOf(provider), 2 * PART);
        registry.withdraw(provider);
        assertEq(staker.balance, 2 * PART);
        assertEq(registry.unbondingOf(provider).first, PART);
    }

    /// @dev An owner that unbonds each day still gets every part within two delays.
    function test_REG2_NothingIsLockedForEver() external {
        uint256 start = _now();
        for (uint256 day = 0; day < 45; ++day) {
            vm.warp(start + day * 1 days);
            _unbond(0.001 ether);
            // Unbonded on day d, out on day d + 28 at the latest.
            uint256 due = day < 28 ? 0 : day - 28 + 1;
            assertGe(registry.withdrawableOf(provider), due * 0.001 ether, "out within two delays");
            uint256 early = day < 14 ? 0 : day - 14 + 1;
            assertLe(registry.withdrawableOf(provider), early * 0.001 ether, "in one delay at the earliest");
        }
    }

    function testFuzz_REG2_EveryPartLeavesAfterOneDelayAndWithinTwo(uint256 seed) external {
        uint256[12] memory amounts;
        uint256[12] memory times;
        uint256 paid = 0;
        for (uint256 i = 0; i < 24; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip(seed % 10 days);
            if (i < 12) {
                (amounts[i], times[i]) = (1 + (seed >> 64) % 0.04 ether, _now());
                _unbond(uint96(amounts[i]));
            }
            if (seed % 2 == 0 && registry.withdrawableOf(provider) != 0) registry.withdraw(provider);
            paid = staker.balance + registry.withdrawableOf(provider);
            (uint256 least, uint256 most) = (0, 0);
            for (uint256 j = 0; j < 12 && times[j] != 0; ++j) {
                if (times[j] + 2 * DELAY <= _now()) least += amounts[j];
                if (times[j] + DELAY <= _now()) most += amounts[j];
            }
            assertGe(paid, least, "out within two delays");
            assertLe(paid, most, "not before one");
        }
    }

    /// @dev Published ancestor: 1 wei of a stranger resets a cooldown.
    function test_REG2_AStrangersWeiResetsNoCooldown() external {
        _unbond(PART);
        Unbonding memory before = registry.unbondingOf(provider);
        for (uint256 i = 0; i < 14; ++i) {
            skip(1 days);
            hoax(keeper, 1);
            registry.stake{value: 1}(provider);
        }
        assertEq(before.firstAt, _now());
        assertEq(registry.withdrawableOf(provider), PART);
    }

    /// @dev Published ancestor: unstake in the block of the bad result.
    function test_REG2_UnstakingInTheBlockOfTheBadResultIsImpossible() external {
        Inference memory job = _inference(address(new Puppet()));
        job = _request(job, 0);
        vm.prank(provider, provider);
        registry.serve(false);
        _deliver(job, "wrong");
        vm.prank(staker);
        registry.unbond(provider, uint96(STAKE));
        vm.expectRevert(
            abi.encodeWithSelector(IStakeBook.Registry_StillBonded.selector, provider, _now() + DELAY, _now())
        );
        vm.prank(staker);
        registry.withdraw(provider);
        vm.prank(address(everloop));
        registry.slash(provider, 0);
        assertEq(registry.unbondingOf(provider).total(), STAKE - 0.01 ether, "it is still there to be slashed");
    }

    /// @dev The newest goes first, so a slash brings nothing forward.
    function test_REG3_SlashingLetsNothingOutEarlier() external {
        vm.startPrank(staker);
        registry.unbond(provider, uint96(STAKE - 0.003 ether));
        skip(1 days);
        registry.unbond(provider, 0.003 ether);
        vm.stopPrank();
        Unbonding memory before = registry.unbondingOf(provider);
        vm.prank(address(everloop));
        registry.slash(provider, 0);
        Unbonding memory after_ = registry.unbondingOf(provider);
        assertEq(after_.second, 0);
        assertEq(after_.first, before.first - 0.007 ether);
        assertEq(after_.firstAt, before.firstAt);
        assertEq(after_.released, 0);
    }

    function test_REG4_AnyNumberOfPartsTakesNoMoreStorage() external {
        for (uint256 i = 0; i < 100; ++i) {
            skip(1 hours);
            _unbond(1e12);
        }
        vm.prank(staker);
        uint256 gas_ = gasleft();
        registry.unbond(provider, 1e12);
        assertLt(gas_ - gasleft(), 120_000);
        skip(2 * DELAY);
        registry.withdraw(provider);
        assertEq(staker.balance, 101e12);
    }

    function _unbond(uint96 amount) private {
        vm.prank(staker);
        registry.unbond(provider, amount);
    }
}
