// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {Base} from "./Base.sol";
import {vm} from "./Vm.sol";
import {ICandidateBook} from "../../contracts/interfaces/ICandidateBook.sol";
import {IProviderRegistry} from "../../contracts/interfaces/IProviderRegistry.sol";
import {IStakeBook} from "../../contracts/interfaces/IStakeBook.sol";
import {Offer} from "../../contracts/types/Offer.sol";

/// @notice Who may serve, with which offers.
contract RegistryServingTest is Base {
    address private _bob = makeAddr("bob");

    function test_RegisteringBindsAnOwner() external {
        vm.expectEmit(address(registry));
        emit IStakeBook.ProviderRegistered(_bob, staker);
        vm.prank(_bob);
        registry.register(staker);
        IStakeBook.Provider memory info = registry.providerOf(_bob);
        assertEq(info.owner, staker);
        assertEq(info.bonded, 0);
        assertFalse(info.serving);
    }

    function test_RevertWhen_RegisteredTwiceOrWithoutOwner() external {
        vm.expectRevert(abi.encodeWithSelector(IStakeBook.Registry_AlreadyRegistered.selector, provider));
        vm.prank(provider, provider);
        registry.register(_bob);
        vm.expectRevert(IStakeBook.Registry_ZeroAddress.selector);
        vm.prank(_bob);
        registry.register(address(0));
    }

    function test_RevertWhen_NotRegistered() external {
        bytes memory reason = abi.encodeWithSelector(IStakeBook.Registry_NotRegistered.selector, _bob);
        vm.startPrank(_bob);
        vm.expectRevert(reason);
        registry.stake(_bob);
        vm.expectRevert(reason);
        registry.unbond(_bob, 0);
        vm.expectRevert(reason);
        registry.proposeOwner(_bob, _bob);
        vm.expectRevert(reason);
        registry.setPayout(_bob, _bob);
        vm.expectRevert(reason);
        registry.stand(MODEL_ID);
        vm.expectRevert(reason);
        registry.attest(MODEL_ID, address(1), "");
        vm.expectRevert(reason);
        registry.withdraw(_bob);
        vm.expectRevert(reason);
        registry.offer(MODEL, _terms());
        vm.expectRevert(reason);
        registry.serve(true);
        vm.stopPrank();
        vm.startPrank(governor);
        vm.expectRevert(reason);
        registry.whitelist(_bob);
        vm.expectRevert(reason);
        registry.delist(_bob);
    }

    function test_OfferIsQuotedWithCapacity() external {
        Offer memory terms = everloop.offerOf(provider, MODEL_ID);
        uint256 capacity = everloop.accountOf(provider).capacity();
        assertEq(abi.encode(terms), abi.encode(_terms()));
        assertEq(capacity, STAKE / registry.PENALTY());
        terms = everloop.offerOf(provider, keccak256("other"));
        assertEq(terms.minMaxGasPrice, 0, "no offer");
    }

    function test_OfferCanBeWithdrawn() external {
        vm.expectEmit(address(registry));
        emit ICandidateBook.OfferWithdrawn(provider, MODEL_ID);
        vm.prank(provider, provider);
        registry.withdrawOffer(MODEL_ID);
        Offer memory terms = everloop.offerOf(provider, MODEL_ID);
        assertEq(terms.minMaxGasPrice, 0);
    }

    function test_RevertWhen_TheOfferMakesNoSense() external {
        vm.startPrank(provider);
        vm.expectRevert(abi.encodeWithSelector(ICandidateBook.Registry_BadOffer.selector, bytes32("model"), 0, 1));
        registry.offer("", _terms());
        Offer memory terms = _terms();
        terms.minMaxGasPrice = 0;
        vm.expectRevert(
            abi.encodeWithSelector(ICandidateBook.Registry_BadOffer.selector, bytes32("minMaxGasPrice"), 0, 1)
        );
        registry.offer(MODEL, terms);
        terms = _terms();
        terms.maxCallbackGas = 0;
        vm.expectRevert(
            abi.encodeWithSelector(ICandidateBook.Registry_BadOffer.selector, bytes32("maxCallbackGas"), 0, 1)
        );
        registry.offer(MODEL, terms);
        terms.maxCallbackGas = 16_000_001;
        vm.expectRevert(
            abi.encodeWithSelector(
                ICandidateBook.Registry_BadOffer.selector, bytes32("maxCallbackGas"), 16_000_001, 16_000_000
            )
        );
        registry.offer(MODEL, terms);
        terms.maxCallbackGas = 16_000_000;
        registry.offer(MODEL, terms);
        terms.minWindow = 1 days + 1;
        vm.expectRevert(
            abi.encodeWithSelector(ICandidateBook.Registry_BadOffer.selector, bytes32("minWindow"), 1 days + 1, 1 days)
        );
        registry.offer(MODEL, terms);
        terms.minWindow = 11;
        vm.expectRevert(abi.encodeWithSelector(ICandidateBook.Registry_BadOffer.selector, bytes32("minWindow"), 11, 12));
        registry.offer(MODEL, terms);
    }

    function test_CapacityIsMirroredInTheLedger() external {
        assertTrue(everloop.accountOf(provider).capacity() != 0);
        vm.expectEmit(address(registry));
        emit IStakeBook.ServingChanged(provider, false);
        vm.prank(provider, provider);
        registry.serve(false);
        assertFalse(everloop.accountOf(provider).capacity() != 0);
        vm.prank(provider, provider);
        registry.serve(true);
        assertTrue(everloop.accountOf(provider).capacity() != 0);
    }

    function test_RevertWhen_ServingWithoutStakeOrWhitelisting() external {
        vm.prank(_bob);
        registry.register(staker);
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.Registry_NotWhitelisted.selector, _bob, 0, _now()));
        vm.prank(_bob);
        registry.serve(true);
        vm.prank(governor);
        registry.whitelist(_bob);
        hoax(staker, 0.1 ether);
        registry.stake{value: 0.1 ether - 1}(_bob);
        vm.expectRevert(
            abi.encodeWithSelector(IStakeBook.Registry_StakeTooSmall.selector, _bob, 0.1 ether - 1, 0.1 ether)
        );
        vm.prank(_bob);
        registry.serve(true);
        vm.prank(staker);
        registry.stake{value: 1}(_bob);
        vm.prank(_bob);
        registry.serve(true);
        assertTrue(registry.providerOf(_bob).serving);
    }

    function test_WhitelistingWaitsItsDelay() external {
        _deployEngine(2 days);
        vm.prank(_bob);
        registry.register(staker);
        vm.prank(governor);
        registry.whitelist(_bob);
        hoax(staker, 1 ether);
        registry.stake{value: 1 ether}(_bob);
        assertFalse(registry.isWhitelisted(_bob));
        skip(2 days - 1);
        vm.expectPartialRevert(IProviderRegistry.Registry_NotWhitelisted.selector);
        vm.prank(_bob);
        registry.serve(true);
        skip(1);
        assertTrue(registry.isWhitelisted(_bob));
        vm.prank(_bob);
        registry.serve(true);
    }

    function test_DelistingIsInstant() external {
        vm.prank(governor);
        registry.delist(provider);
        assertFalse(registry.isWhitelisted(provider));
        assertFalse(everloop.accountOf(provider).capacity() != 0);
        assertEq(registry.providerOf(provider).bonded, STAKE, "its stake stays its own");
        vm.expectPartialRevert(IProviderRegistry.Registry_NotWhitelisted.selector);
        vm.prank(provider, provider);
        registry.serve(true);
        vm.prank(staker);
        registry.unbond(provider, uint96(STAKE));
    }

    function test_RevertWhen_AnybodyButTheGovernorWhitelists() external {
        address[3] memory others = [provider, staker, alice];
        for (uint256 i = 0; i < others.length; ++i) {
            bytes memory reason = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, others[i]);
            vm.startPrank(others[i]);
            vm.expectRevert(reason);
            registry.whitelist(rival);
            vm.expectRevert(reason);
            registry.delist(rival);
            vm.stopPrank();
        }
    }

    function test_RevertWhen_WhitelistedAgain() external {
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.Registry_AlreadyWhitelisted.selector, provider));
        vm.prank(governor);
        registry.whitelist(provider);
    }

    function test_GovernorHandsOverInTwoSteps() external {
        Ownable2Step ownable = Ownable2Step(address(registry));
        vm.prank(governor);
        ownable.transferOwnership(_bob);
        assertEq(ownable.owner(), governor);
        vm.prank(_bob);
        ownable.acceptOwnership();
        assertEq(ownable.owner(), _bob);
    }

    function test_RevertWhen_DeployedWithoutEngineOrWithAnEndlessDelay() external {
        bytes memory code = vm.getCode("ProviderRegistry.sol:ProviderRegistry");
        assertEq(_tryCreate(bytes.concat(code, abi.encode(address(0), governor, 0))), address(0));
        assertEq(_tryCreate(bytes.concat(code, abi.encode(everloop, governor, 30 days + 1))), address(0));
        assertNotEq(_tryCreate(bytes.concat(code, abi.encode(everloop, governor, 30 days))), address(0));
    }

    function testFuzz_REG4_ListIsPaged(uint256 start, uint256 count) external {
        vm.prank(_bob);
        registry.register(staker);
        address[3] memory all = [provider, rival, _bob];
        assertEq(registry.providerCount(), all.length);
        address[] memory page = registry.providers(start, count);
        uint256 left = start < all.length ? all.length - start : 0;
        assertEq(page.length, count < left ? count : left);
        for (uint256 i = 0; i < page.length; ++i) {
            assertEq(page[i], all[start + i]);
        }
    }

    /// @dev 300 registrations by others do not make registering dearer.
    function test_REG4_GasDoesNotGrowWithTheNumberOfProviders() external {
        uint256 before = _gasOfRegistering(makeAddr("early"));
        for (uint160 i = 1; i <= 300; ++i) {
            vm.prank(address(i << 20));
            registry.register(staker);
        }
        uint256 after_ = _gasOfRegistering(makeAddr("late"));
        assertLe(after_, before * 105 / 100);
    }

    function _gasOfRegistering(address who) private returns (uint256 gas_) {
        vm.prank(who);
        gas_ = gasleft();
        registry.register(staker);
        gas_ -= gasleft();
    }

    function _tryCreate(bytes memory code) private returns (address made) {
        assembly ("memory-safe") {
            made := create(0, add(code, 32), mload(code))
        }
    }
}
