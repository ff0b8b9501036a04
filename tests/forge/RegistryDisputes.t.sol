// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DisputeBase} from "./DisputeBase.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IDisputeBook} from "../../contracts/interfaces/IDisputeBook.sol";
import {IStakeBook} from "../../contracts/interfaces/IStakeBook.sol";
import {Inference} from "../../contracts/types/Job.sol";

/// @notice What a listed slasher may do to a stake.
contract RegistryDisputesTest is DisputeBase {
    function test_ADisputeHoldsOnePenaltyAndOneInference() external {
        uint256 capacity = everloop.accountOf(provider).capacity();
        vm.expectEmit(address(registry));
        emit IDisputeBook.DisputeOpened(1, provider, slasher, uint40(_now() + DISPUTE_TIME));
        uint256 id = _open(slasher, provider);
        IDisputeBook.Dispute memory dispute = registry.disputeOf(id);
        assertEq(dispute.provider, provider);
        assertEq(dispute.slasher, slasher);
        assertEq(dispute.lapsesAt, _now() + DISPUTE_TIME);
        assertEq(registry.disputesOf(provider), 1);
        assertEq(everloop.accountOf(provider).capacity(), capacity - 1);
        assertEq(_stake(provider), STAKE, "nothing moves");
        vm.expectEmit(address(registry));
        emit IDisputeBook.DisputeClosed(id, provider, slasher);
        vm.prank(slasher);
        registry.closeDispute(id);
        assertEq(registry.disputesOf(provider), 0);
        assertEq(everloop.accountOf(provider).capacity(), capacity);
    }

    function test_REG2_DisputedStakeDoesNotLeave() external {
        _unbond(STAKE);
        skip(UNBOND_DELAY - 1);
        uint256 id = _open(slasher, provider);
        _open(slasher, provider);
        skip(1);
        assertEq(registry.withdrawableOf(provider), STAKE - 2 * PENALTY);
        registry.withdraw(provider);
        assertEq(staker.balance, STAKE - 2 * PENALTY);
        vm.expectRevert(
            abi.encodeWithSelector(IStakeBook.Registry_StakeHeld.selector, provider, 2 * PENALTY, 2 * PENALTY)
        );
        registry.withdraw(provider);
        vm.prank(slasher);
        registry.closeDispute(id);
        registry.withdraw(provider);
        assertEq(staker.balance, STAKE - PENALTY);
    }

    function test_REG2_DisputesHoldNoMoreThanThereIs() external {
        _unbond(STAKE);
        skip(UNBOND_DELAY - 1);
        for (uint256 i = 0; i < 3; ++i) {
            _open(slasher, provider);
        }
        skip(1);
        registry.withdraw(provider);
        vm.prank(address(everloop));
        registry.slash(provider, 0);
        assertEq(registry.withdrawableOf(provider), 0);
        vm.expectRevert(
            abi.encodeWithSelector(IStakeBook.Registry_StakeHeld.selector, provider, 2 * PENALTY, 2 * PENALTY)
        );
        registry.withdraw(provider);
    }

    /// @dev What covers the dispute otherwise sets the released part free.
    function test_DisputesHoldNoReleasedStakeThatOtherStakeCovers() external {
        _unbond(0.1 ether);
        _open(slasher, provider);
        skip(UNBOND_DELAY);
        registry.withdraw(provider);
        assertEq(staker.balance, 0.1 ether, "bonded stake covers it");
    }

    function test_DisputesHoldNoReleasedStakeThatLeavingStakeCovers() external {
        _unbond(0.1 ether);
        skip(1 days);
        _unbond(PENALTY);
        skip(1 days);
        _unbond(STAKE - 0.1 ether - PENALTY);
        _open(slasher, provider);
        skip(UNBOND_DELAY - 2 days);
        assertEq(registry.withdrawableOf(provider), 0.1 ether, "two parts still on their way cover it");
    }

    /// @dev Stake that backs open work covers no dispute besides.
    function test_REG2_OpenWorkAndDisputesAreCoveredSeparately() external {
        _request(_inference(address(new Puppet())), _now() + 6 days);
        vm.prank(provider, provider);
        registry.serve(false);
        _unbond(STAKE - PENALTY);
        skip(UNBOND_DELAY);
        _open(slasher, provider);
        assertEq(_open(provider), 1);
        assertEq(registry.withdrawableOf(provider), STAKE - 2 * PENALTY);
    }

    /// @dev Whatever is opened, and by however many: a week after its release a stake is free.
    function test_REG2_NoSlasherFreezesAStakeForEver() external {
        _unbond(STAKE);
        uint256 released = _now() + UNBOND_DELAY;
        while (_now() < released + DISPUTE_TIME) {
            _tryOpen(slasher);
            skip(1 days);
        }
        _tryOpen(slasher);
        assertGt(registry.disputesOf(provider), 0);
        assertEq(registry.withdrawableOf(provider), STAKE);
        registry.withdraw(provider);
        assertEq(staker.balance, STAKE);
    }

    function test_ADisputeThatLapsedIsClosedByAnyone() external {
        uint256 id = _open(slasher, provider);
        uint40 lapsesAt = uint40(_now() + DISPUTE_TIME);
        skip(DISPUTE_TIME - 1);
        vm.expectRevert(abi.encodeWithSelector(IDisputeBook.Registry_DisputeOpen.selector, id, lapsesAt, lapsesAt - 1));
        vm.prank(keeper, keeper);
        registry.closeDispute(id);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IDisputeBook.Registry_DisputeLapsed.selector, id, lapsesAt, lapsesAt));
        _uphold(id, 0);
        vm.prank(keeper, keeper);
        registry.closeDispute(id);
        assertEq(registry.disputesOf(provider), 0);
    }

    /// @dev bounty = 10 %, repaid <= 40 %, the rest stays for ever; both are balances in the ledger.
    function testFuzz_REG3_TheSplitIsTheOneOfAMiss(uint256 cost) external {
        uint256 held = address(registry).balance;
        uint256 most = PENALTY * 4 / 10;
        uint256 repaid = cost < most ? cost : most;
        uint256 id = _open(slasher, provider);
        vm.expectEmit(address(registry));
        emit IDisputeBook.DisputeUpheld(id, provider, slasher, finder, harmed);
        vm.expectEmit(address(registry));
        emit IDisputeBook.Slashed(provider, PENALTY / 10, repaid, PENALTY - PENALTY / 10 - repaid);
        (uint256 bounty, uint256 paidBack) = _uphold(id, cost);
        assertEq(bounty, PENALTY / 10);
        assertEq(paidBack, repaid);
        assertEq(everloop.balanceOf(finder), bounty);
        assertEq(everloop.balanceOf(harmed), repaid);
        assertEq(address(registry).balance, held - bounty - repaid);
        assertEq(_stake(provider), STAKE - PENALTY);
        assertEq(registry.disputesOf(provider), 0);
    }

    /// @dev What is bonded backs open work, so a dispute takes what is leaving first.
    function test_REG2_ADisputeTakesWhatIsLeavingFirst() external {
        _unbond(0.1 ether);
        _uphold(_open(slasher, provider), 0);
        IStakeBook.Provider memory info = registry.providerOf(provider);
        assertEq(info.bonded, STAKE - 0.1 ether);
        assertEq(info.unbonding, 0.1 ether - PENALTY);
    }

    function test_ADisputeTakesBondedStakeWhereNothingElseIs() external {
        _unbond(PENALTY / 4);
        _uphold(_open(slasher, provider), 0);
        IStakeBook.Provider memory info = registry.providerOf(provider);
        assertEq(info.bonded, STAKE - PENALTY);
        assertEq(info.unbonding, 0);
    }

    function test_ALostDisputeBelowTheMinimumStopsServing() external {
        _unbond(STAKE - 0.1 ether);
        skip(UNBOND_DELAY);
        registry.withdraw(provider);
        uint256 id = _open(slasher, provider);
        vm.expectEmit(address(registry));
        emit IStakeBook.ServingChanged(provider, false);
        _uphold(id, 0);
        assertEq(everloop.accountOf(provider).capacity(), 0);
    }

    /// @dev A provider that works to capacity is not out of reach, and books nothing on stake that is disputed.
    function test_ADisputeReachesAProviderThatWorksToCapacity() external {
        _unbond(STAKE - 0.1 ether);
        Inference memory job = _inference(address(new Puppet()));
        for (uint256 i = 0; i < 10; ++i) {
            job.salt = bytes32(i);
            _request(job, 0);
        }
        skip(UNBOND_DELAY);
        registry.withdraw(provider);
        _open(slasher, provider);
        assertEq(everloop.accountOf(provider).capacity(), 9);
        assertFalse(everloop.accountOf(provider).keepsWork());
    }

    function test_RevertWhen_AllStakeIsHeld() external {
        _unbond(STAKE);
        skip(UNBOND_DELAY);
        registry.withdraw(provider);
        hoax(keeper, PENALTY * 2 - 1);
        registry.stake{value: PENALTY * 2 - 1}(provider);
        _open(slasher, provider);
        vm.expectRevert(
            abi.encodeWithSelector(IDisputeBook.Registry_NothingToHold.selector, provider, PENALTY * 2 - 1, PENALTY * 2)
        );
        _open(slasher, provider);
    }

    function test_RevertWhen_AnybodyElseOpensClosesOrSlashes() external {
        uint256 id = _open(slasher, provider);
        address[4] memory others = [governor, staker, keeper, address(everloop)];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.startPrank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(IDisputeBook.Registry_NotSlasher.selector, others[i], 0, _now()));
            registry.openDispute(provider);
            vm.expectPartialRevert(IDisputeBook.Registry_DisputeOpen.selector);
            registry.closeDispute(id);
            vm.expectRevert(abi.encodeWithSelector(IDisputeBook.Registry_NotDisputant.selector, id, slasher, others[i]));
            registry.slashDispute(id, finder, harmed, 0);
            vm.stopPrank();
        }
        vm.expectRevert(abi.encodeWithSelector(IStakeBook.Registry_NotRegistered.selector, keeper));
        _open(slasher, keeper);
        vm.expectRevert(abi.encodeWithSelector(IDisputeBook.Registry_NotEverloop.selector, slasher));
        vm.prank(slasher);
        registry.slash(provider, 0);
    }

    function test_RevertWhen_TheDisputeIsOverOrNobodyIsNamed() external {
        uint256 id = _open(slasher, provider);
        vm.startPrank(slasher);
        vm.expectRevert(IStakeBook.Registry_ZeroAddress.selector);
        registry.slashDispute(id, address(0), harmed, 0);
        vm.expectRevert(IStakeBook.Registry_ZeroAddress.selector);
        registry.slashDispute(id, finder, address(0), 0);
        registry.slashDispute(id, finder, harmed, 0);
        bytes memory reason = abi.encodeWithSelector(IDisputeBook.Registry_NoDispute.selector, id);
        vm.expectRevert(reason);
        registry.slashDispute(id, finder, harmed, 0);
        vm.expectRevert(reason);
        registry.closeDispute(id);
    }

    function _tryOpen(address by) private {
        vm.prank(by);
        try registry.openDispute(provider) {} catch {}
    }
}
