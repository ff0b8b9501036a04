// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DisputeBase} from "./DisputeBase.sol";
import {Vm, vm} from "./Vm.sol";
import {ICandidateBook} from "../../contracts/interfaces/ICandidateBook.sol";
import {IDisputeBook} from "../../contracts/interfaces/IDisputeBook.sol";
import {ILedger} from "../../contracts/interfaces/ILedger.sol";
import {IOfferBook} from "../../contracts/interfaces/IOfferBook.sol";
import {IProviderRegistry} from "../../contracts/interfaces/IProviderRegistry.sol";
import {IStakeBook} from "../../contracts/interfaces/IStakeBook.sol";
import {Offer} from "../../contracts/types/Offer.sol";

/// @notice What the registry tells, word for word, and where it tells nothing.
contract RegistryEventsTest is DisputeBase {
    address private _bob = makeAddr("bob");

    function test_WhitelistingTellsFromWhenItHolds() external {
        _deployEngine(2 days);
        vm.prank(_bob);
        registry.register(staker);
        uint40 from = uint40(_now() + 2 days);
        vm.expectEmit(address(registry));
        emit IProviderRegistry.Whitelisted(_bob, from);
        vm.prank(governor);
        registry.whitelist(_bob);
        assertEq(registry.providerOf(_bob).whitelistedAt, from);
    }

    function test_DelistingTellsWhoAndThatItStops() external {
        vm.expectEmit(address(registry));
        emit IProviderRegistry.Delisted(provider);
        vm.expectEmit(address(registry));
        emit IStakeBook.ServingChanged(provider, false);
        vm.expectEmit(address(everloop));
        emit IOfferBook.CapacityChanged(provider, 0);
        vm.prank(governor);
        registry.delist(provider);
        assertEq(registry.providerOf(provider).whitelistedAt, 0);
    }

    /// @dev Who may not begin to serve may still say that it does not.
    function test_DelistedProvidersMayStopServing() external {
        vm.prank(governor);
        registry.delist(provider);
        vm.recordLogs();
        vm.prank(provider, provider);
        registry.serve(false);
        assertEq(vm.getRecordedLogs().length, 0, "it had stopped already");
        assertFalse(registry.providerOf(provider).serving);
        assertEq(everloop.accountOf(provider).capacity(), 0);
    }

    function test_ProvidersBelowTheMinimumMayStopServing() external {
        _unbond(STAKE);
        vm.recordLogs();
        vm.prank(provider, provider);
        registry.serve(false);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    /// @dev Serving again changes nothing but the mirror of the stake.
    function test_ServingTwiceTellsTheCapacityOnly() external {
        vm.recordLogs();
        vm.prank(provider, provider);
        registry.serve(true);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1);
        assertEq(logs[0].topics[0], IOfferBook.CapacityChanged.selector);
        assertEq(abi.decode(logs[0].data, (uint256)), STAKE / PENALTY);
    }

    function test_StakingTellsWhoPaidAndTheNewCapacity() external {
        vm.expectEmit(address(registry));
        emit IStakeBook.Staked(provider, _bob, 3 * PENALTY);
        vm.expectEmit(address(everloop));
        emit IOfferBook.CapacityChanged(provider, uint16(STAKE / PENALTY + 3));
        hoax(_bob, 3 * PENALTY);
        registry.stake{value: 3 * PENALTY}(provider);
    }

    function test_UnbondingTellsAmountAndRelease() external {
        vm.expectEmit(address(registry));
        emit IStakeBook.Unbonded(provider, PENALTY, uint40(_now() + UNBOND_DELAY));
        vm.expectEmit(address(everloop));
        emit IOfferBook.CapacityChanged(provider, uint16(STAKE / PENALTY - 1));
        _unbond(PENALTY);
    }

    function test_REG3_ASlashTellsItsThreeParts() external {
        vm.expectEmit(address(registry));
        emit IDisputeBook.Slashed(provider, PENALTY / 10, 123, PENALTY - PENALTY / 10 - 123);
        _slash(123);
        vm.expectEmit(address(registry));
        emit IDisputeBook.Slashed(provider, PENALTY / 10, PENALTY * 4 / 10, PENALTY / 2);
        _slash(1 ether);
    }

    /// @dev An odd rest: what is rounded off is burned too.
    function test_REG3_ASlashOfLessThanAPenaltyTellsWhatThereWas() external {
        _unbond(STAKE - 99);
        skip(UNBOND_DELAY);
        registry.withdraw(provider);
        vm.expectEmit(address(registry));
        emit IDisputeBook.Slashed(provider, 9, 40, 50);
        _slash(1 ether);
        vm.expectEmit(address(registry));
        emit IDisputeBook.Slashed(provider, 0, 0, 0);
        _slash(1 ether);
    }

    function test_REG3_BothWhoAreCreditedAreTold() external {
        uint256 id = _open(slasher, provider);
        vm.expectEmit(address(everloop));
        emit ILedger.Deposited(finder, address(registry), PENALTY / 10);
        vm.expectEmit(address(everloop));
        emit ILedger.Deposited(harmed, address(registry), 77);
        _uphold(id, 77);
    }

    function test_OffersAreToldWithNameAndTerms() external {
        Offer memory terms = _terms();
        terms.features = 5;
        vm.expectEmit(address(registry));
        emit ICandidateBook.Offered(provider, keccak256("other@2"), "other@2", terms);
        vm.prank(provider, provider);
        registry.offer("other@2", terms);
    }

    function _slash(uint256 cost) private {
        vm.prank(address(everloop));
        registry.slash(provider, cost);
    }
}
