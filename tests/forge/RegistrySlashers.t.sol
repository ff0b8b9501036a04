// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {DisputeBase} from "./DisputeBase.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IDisputeBook} from "../../contracts/interfaces/IDisputeBook.sol";

/// @notice Who is a slasher, and what the worst of them can do.
contract RegistrySlashersTest is DisputeBase {
    function test_REG3_ListingWaitsLongerThanLeavingTakes() external {
        uint40 from = uint40(_now() + LISTING_DELAY);
        address newcomer = address(new Puppet());
        vm.expectEmit(address(registry));
        emit IDisputeBook.SlasherListed(newcomer, from);
        vm.prank(governor);
        registry.listSlasher(newcomer);
        assertEq(registry.slasherFrom(newcomer), from);
        // Eight days for open work to end, then the delay: who leaves now is out before.
        skip(8 days);
        _unbond(STAKE);
        skip(UNBOND_DELAY);
        registry.withdraw(provider);
        assertEq(staker.balance, STAKE);
        vm.warp(from - 1);
        vm.expectRevert(abi.encodeWithSelector(IDisputeBook.Registry_NotSlasher.selector, newcomer, from, from - 1));
        _open(newcomer, rival);
        skip(1);
        _open(newcomer, rival);
        vm.expectPartialRevert(IDisputeBook.Registry_NothingToHold.selector);
        _open(newcomer, provider);
    }

    function test_UnlistingIsInstantAndVoidsDisputes() external {
        uint256 id = _open(slasher, provider);
        vm.expectEmit(address(registry));
        emit IDisputeBook.SlasherUnlisted(slasher);
        vm.prank(governor);
        registry.unlistSlasher(slasher);
        bytes memory reason = abi.encodeWithSelector(IDisputeBook.Registry_NotSlasher.selector, slasher, 0, _now());
        vm.expectRevert(reason);
        _uphold(id, 0);
        vm.expectRevert(reason);
        _open(slasher, provider);
        vm.prank(keeper, keeper);
        registry.closeDispute(id);
        assertEq(registry.disputesOf(provider), 0);
    }

    /// @dev Listed anew, it waits anew.
    function test_UnlistingAndListingIsNoShortcut() external {
        vm.startPrank(governor);
        registry.unlistSlasher(slasher);
        registry.listSlasher(slasher);
        vm.stopPrank();
        assertEq(registry.slasherFrom(slasher), _now() + LISTING_DELAY);
        vm.expectPartialRevert(IDisputeBook.Registry_NotSlasher.selector);
        _open(slasher, provider);
    }

    function test_RevertWhen_ListingIsOutsideItsRules() external {
        bytes memory refused = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, keeper);
        vm.startPrank(keeper);
        vm.expectRevert(refused);
        registry.listSlasher(slasher);
        vm.expectRevert(refused);
        registry.unlistSlasher(slasher);
        vm.stopPrank();
        vm.startPrank(governor);
        vm.expectRevert(abi.encodeWithSelector(IDisputeBook.Registry_NotAContract.selector, keeper));
        registry.listSlasher(keeper);
        vm.expectRevert(abi.encodeWithSelector(IDisputeBook.Registry_AlreadyListed.selector, slasher));
        registry.listSlasher(slasher);
        vm.expectRevert(abi.encodeWithSelector(IDisputeBook.Registry_NotSlasher.selector, keeper, 0, _now()));
        registry.unlistSlasher(keeper);
    }

    function test_RevertWhen_ThereAreTooManySlashers() external {
        for (uint256 i = 1; i < 8; ++i) {
            _list();
        }
        address ninth = address(new Puppet());
        vm.expectRevert(abi.encodeWithSelector(IDisputeBook.Registry_TooManySlashers.selector, 8));
        vm.prank(governor);
        registry.listSlasher(ninth);
        vm.startPrank(governor);
        registry.unlistSlasher(slasher);
        registry.listSlasher(ninth);
    }

    function test_RevertWhen_ASlasherOpensTooMany() external {
        uint256 until = _now() + UNBOND_DELAY;
        for (uint256 i = 0; i < MAX_DISPUTES; ++i) {
            _open(slasher, provider);
            skip(1 days);
        }
        bytes memory reason =
            abi.encodeWithSelector(IDisputeBook.Registry_TooManyDisputes.selector, slasher, provider, until);
        vm.expectRevert(reason);
        _open(slasher, provider);
        _open(slasher, rival);
        vm.warp(until - 1);
        vm.expectRevert(reason);
        _open(slasher, provider);
        skip(1);
        _open(slasher, provider);
    }

    /// @dev Published ancestor: a malicious verifier slashes honest nodes. It slashes all it can while the provider leaves: two
    /// periods of five penalties, half of them burned, and never a wei of what is in the ledger.
    function test_REG3_AMaliciousSlasherTakesAtMostTenPenalties() external {
        _deposit(provider, 1 ether);
        _slashAll();
        vm.prank(provider, provider);
        registry.serve(false);
        for (uint256 day = 0; day < 60; ++day) {
            if (day == 8) _unbond(registry.providerOf(provider).bonded);
            _slashAll();
            _uphold2();
            if (registry.withdrawableOf(provider) != 0) registry.withdraw(provider);
            skip(1 days);
        }
        assertEq(registry.unbondingOf(provider).total(), 0, "it is out");
        uint256 lost = STAKE - staker.balance;
        assertLe(lost, 2 * MAX_DISPUTES * PENALTY);
        uint256 gained = everloop.balanceOf(finder) + everloop.balanceOf(harmed);
        assertLe(gained, lost / 2, "half or more is burned");
        assertEq(everloop.balanceOf(provider), 1 ether);
    }

    /// @dev Provider, slasher, finder and harmed in one hand: what comes out early costs as much again.
    function test_REG3_AProviderCannotUseASlasherToLeaveEarly() external {
        _unbond(STAKE);
        uint40 releasedAt = registry.providerOf(provider).releasedAt;
        for (uint256 i = 0; i < MAX_DISPUTES; ++i) {
            uint256 id = _open(slasher, provider);
            if (i % 2 == 0) {
                _uphold(id, type(uint256).max);
            } else {
                vm.prank(slasher);
                registry.closeDispute(id);
            }
            assertEq(registry.providerOf(provider).releasedAt, releasedAt);
            assertEq(registry.withdrawableOf(provider), 0);
        }
        uint256 gained = everloop.balanceOf(finder) + everloop.balanceOf(harmed);
        assertLe(gained, (STAKE - _stake(provider)) / 2);
    }

    /// @dev It spends its gas, reverts or floods: it only harms its own transaction. The registry never calls it.
    function test_REG4_TheRegistryNeverCallsASlasher() external {
        uint256 before = Puppet(payable(slasher)).calls();
        uint256 id = _open(slasher, provider);
        _uphold(id, 1);
        id = _open(slasher, provider);
        skip(DISPUTE_TIME);
        registry.closeDispute(id);
        assertEq(Puppet(payable(slasher)).calls(), before);
    }

    function _slashAll() private {
        for (uint256 i = 0; i <= MAX_DISPUTES; ++i) {
            vm.prank(slasher);
            try registry.openDispute(provider) returns (uint256 id) {
                if (i % 2 == 0) _uphold(id, type(uint256).max);
                else _kept.push(id);
            } catch {
                return;
            }
        }
    }

    uint256[] private _kept;

    /// @dev Uphold what was kept open until its last day.
    function _uphold2() private {
        for (uint256 i = 0; i < _kept.length; ++i) {
            IDisputeBook.Dispute memory dispute = registry.disputeOf(_kept[i]);
            if (dispute.provider == address(0) || dispute.lapsesAt > _now() + 1 days) continue;
            if (_now() < dispute.lapsesAt) _uphold(_kept[i], type(uint256).max);
            else registry.closeDispute(_kept[i]);
        }
    }
}
