// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IDisputeBook} from "../../contracts/interfaces/IDisputeBook.sol";
import {IStakeBook} from "../../contracts/interfaces/IStakeBook.sol";
import {Inference} from "../../contracts/types/Job.sol";

/// @notice Stakes: in, out, and what a miss takes.
contract RegistryStakeTest is Base {
    uint256 private constant PENALTY = 0.01 ether;
    uint256 private constant DELAY = 14 days;

    function testFuzz_AnybodyMayAddToAStake(uint96 amount) external {
        amount = uint96(bound(amount, 0, 1_000_000 ether));
        hoax(keeper, amount);
        vm.expectEmit(address(registry));
        emit IStakeBook.Staked(provider, keeper, amount);
        registry.stake{value: amount}(provider);
        assertEq(registry.providerOf(provider).bonded, STAKE + amount);
    }

    function testFuzz_REG1_UnbondedStakeLeavesAfterTheDelay(uint96 amount) external {
        amount = uint96(bound(amount, 1, STAKE));
        vm.startPrank(staker);
        registry.unbond(provider, amount);
        IStakeBook.Provider memory info = registry.providerOf(provider);
        assertEq(uint256(info.bonded) + info.unbonding, STAKE);
        assertEq(info.releasedAt, _now() + DELAY);
        vm.expectRevert(
            abi.encodeWithSelector(IStakeBook.Registry_StillBonded.selector, provider, info.releasedAt, _now())
        );
        registry.withdraw(provider);
        skip(DELAY);
        registry.withdraw(provider);
        assertEq(staker.balance, amount);
        vm.expectRevert(abi.encodeWithSelector(IStakeBook.Registry_StillBonded.selector, provider, 0, _now()));
        registry.withdraw(provider);
        assertEq(registry.providerOf(provider).bonded, STAKE - amount);
    }

    function test_REG2_TopUpsByStrangersDelayNothing() external {
        vm.prank(staker);
        registry.unbond(provider, 0.1 ether);
        skip(DELAY - 1);
        hoax(keeper, 1);
        registry.stake{value: 1}(provider);
        skip(1);
        vm.prank(staker);
        registry.withdraw(provider);
        assertEq(staker.balance, 0.1 ether);
    }

    function test_REG2_RevertWhen_UnbondingWhatBacksOpenWork() external {
        _book(3);
        uint96 free = uint96(STAKE - 3 * PENALTY);
        vm.startPrank(staker);
        vm.expectRevert(abi.encodeWithSelector(IStakeBook.Registry_StakeTooSmall.selector, provider, STAKE, STAKE + 1));
        registry.unbond(provider, free + 1);
        registry.unbond(provider, free);
        assertEq(registry.providerOf(provider).bonded, 3 * PENALTY);
        assertFalse(registry.providerOf(provider).serving, "below the minimum it serves no more");
    }

    function test_REG2_StakeComesFreeAsWorkEnds() external {
        Inference[] memory jobs = _book(2);
        vm.prank(provider, provider);
        registry.serve(false);
        _deliver(jobs[0], "a");
        vm.startPrank(staker);
        vm.expectPartialRevert(IStakeBook.Registry_StakeTooSmall.selector);
        registry.unbond(provider, uint96(STAKE));
        registry.unbond(provider, uint96(STAKE - PENALTY));
        vm.stopPrank();
        _deliver(jobs[1], "a");
        vm.prank(staker);
        registry.unbond(provider, uint96(PENALTY));
        assertEq(registry.providerOf(provider).bonded, 0);
    }

    function test_RevertWhen_UnbondingNothing() external {
        vm.expectRevert(IStakeBook.Registry_ZeroAmount.selector);
        vm.prank(staker);
        registry.unbond(provider, 0);
    }

    function test_RevertWhen_AnybodyElseMovesTheStake() external {
        address[3] memory others = [provider, governor, keeper];
        for (uint256 i = 0; i < others.length; ++i) {
            bytes memory reason =
                abi.encodeWithSelector(IStakeBook.Registry_NotOwner.selector, provider, staker, others[i]);
            vm.expectRevert(reason);
            vm.prank(others[i]);
            registry.unbond(provider, 1);
        }
    }

    function test_RevertWhen_TheReceiverRefusesTheStake() external {
        vm.startPrank(staker);
        registry.setPayout(provider, address(registry));
        registry.unbond(provider, 1 ether / 10);
        skip(DELAY);
        vm.expectRevert(
            abi.encodeWithSelector(IStakeBook.Registry_TransferFailed.selector, address(registry), 1 ether / 10)
        );
        registry.withdraw(provider);
    }

    function test_REG3_RevertWhen_AnybodyElseSlashes() external {
        address[3] memory others = [governor, staker, keeper];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IDisputeBook.Registry_NotEverloop.selector, others[i]));
            vm.prank(others[i]);
            registry.slash(provider, 0);
        }
    }

    /// @dev bounty = 10 %, repaid <= 40 %, the rest stays for ever.
    function testFuzz_REG3_PenaltyIsSplit(uint256 ownerCost) external {
        uint256 held = address(registry).balance;
        uint256 engine = address(everloop).balance;
        uint256 most = PENALTY * 4 / 10;
        vm.prank(address(everloop));
        (uint256 bounty, uint256 repaid) = registry.slash(provider, ownerCost);
        assertEq(bounty, PENALTY / 10);
        assertEq(repaid, ownerCost < most ? ownerCost : most);
        assertEq(address(registry).balance, held - bounty - repaid);
        assertEq(address(everloop).balance, engine + bounty + repaid);
        assertEq(registry.providerOf(provider).bonded, STAKE - PENALTY);
        assertEq(everloop.accountOf(provider).capacity(), (STAKE - PENALTY) / PENALTY);
    }

    function test_REG3_LeavingStakeIsSlashedToo() external {
        vm.prank(staker);
        registry.unbond(provider, uint96(STAKE - PENALTY / 4));
        vm.prank(address(everloop));
        (uint256 bounty,) = registry.slash(provider, 0);
        assertEq(bounty, PENALTY / 10);
        IStakeBook.Provider memory info = registry.providerOf(provider);
        assertEq(info.bonded, 0);
        assertEq(info.unbonding, STAKE - PENALTY);
    }

    function testFuzz_REG3_SmallRestsAreSplitAlike(uint96 rest, uint256 ownerCost) external {
        rest = uint96(bound(rest, 0, PENALTY - 1));
        vm.startPrank(staker);
        registry.unbond(provider, uint96(STAKE - rest));
        skip(DELAY);
        registry.withdraw(provider);
        vm.stopPrank();
        vm.prank(address(everloop));
        (uint256 bounty, uint256 repaid) = registry.slash(provider, ownerCost);
        assertEq(bounty, rest / 10);
        assertLe(bounty + repaid, rest / 2, "at least half is burned");
        assertEq(registry.providerOf(provider).bonded, 0);
    }

    function test_REG3_FallingBelowTheMinimumStopsServing() external {
        for (uint256 i = 0; i < 40; ++i) {
            assertTrue(everloop.accountOf(provider).capacity() != 0);
            vm.prank(address(everloop));
            registry.slash(provider, 0);
        }
        assertEq(registry.providerOf(provider).bonded, 0.1 ether);
        vm.prank(address(everloop));
        registry.slash(provider, 0);
        assertFalse(everloop.accountOf(provider).capacity() != 0);
        assertFalse(registry.providerOf(provider).serving);
    }

    /// @dev The owner of a job, its provider and its keeper in one hand: a miss still costs at least half the penalty.
    function test_REG3_NobodyProfitsFromMissingOnesOwnJob() external {
        address target = address(new Puppet());
        Inference memory job = _inference(target);
        Inference memory record = _request(job, 0);
        uint256 wealth = _wealth();
        skip(WINDOW);
        vm.prank(alice);
        everloop.expire(record);
        assertLe(_wealth(), wealth - PENALTY / 2);
    }

    function test_REG1_StakesAreBackedThroughSlashes() external {
        vm.prank(staker);
        registry.unbond(provider, 0.2 ether);
        for (uint256 i = 0; i < 60; ++i) {
            vm.prank(address(everloop));
            registry.slash(provider, 1 ether);
            IStakeBook.Provider memory info = registry.providerOf(provider);
            uint256 owed = uint256(info.bonded) + info.unbonding + registry.providerOf(rival).bonded;
            assertLe(owed, address(registry).balance, "bonded + unbonding <= held");
        }
    }

    function _book(uint256 count) private returns (Inference[] memory jobs) {
        jobs = new Inference[](count);
        Inference memory job = _inference(address(new Puppet()));
        for (uint256 i = 0; i < count; ++i) {
            job.salt = bytes32(i);
            jobs[i] = _request(job, 0);
        }
    }

    /// @dev Of alice and her provider together.
    function _wealth() private view returns (uint256) {
        return everloop.balanceOf(alice) + everloop.balanceOf(provider) + registry.providerOf(provider).bonded;
    }
}
