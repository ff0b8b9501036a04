// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DisputeBase} from "./DisputeBase.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {Verifier} from "./RegistryAttestations.t.sol";
import {vm} from "./Vm.sol";
import {Attestation} from "../../contracts/interfaces/IAttestationBook.sol";
import {IProviderRegistry} from "../../contracts/interfaces/IProviderRegistry.sol";
import {IStakeBook} from "../../contracts/interfaces/IStakeBook.sol";
import {Inference} from "../../contracts/types/Job.sol";
import {Offer} from "../../contracts/types/Offer.sol";

/// @notice The registry's limits: the last value that is taken, and the first that is not.
contract RegistryEdgesTest is DisputeBase {
    function test_ShortestAndLongestWindowOfAnOffer() external {
        Offer memory terms = _terms();
        uint24[2] memory ends = [uint24(12), uint24(1 days)];
        for (uint256 i = 0; i < ends.length; ++i) {
            terms.minWindow = ends[i];
            vm.prank(provider, provider);
            registry.offer(MODEL, terms);
            assertEq(everloop.offerOf(provider, MODEL_ID).minWindow, ends[i]);
        }
    }

    function test_LeastOfferOfAll() external {
        Offer memory least = Offer(0, 0, 1, 0, 12, 1, 0);
        vm.prank(provider, provider);
        registry.offer("x", least);
        assertEq(abi.encode(everloop.offerOf(provider, keccak256("x"))), abi.encode(least));
    }

    function test_RevertWhen_TheGovernorsDelayIsTooLong() external {
        bytes memory arguments = abi.encode(everloop, governor, 30 days + 1);
        assertEq(
            refusalOf(bytes.concat(vm.getCode("ProviderRegistry.sol:ProviderRegistry"), arguments)),
            abi.encodeWithSelector(IProviderRegistry.Registry_DelayTooLong.selector, 30 days + 1, 30 days)
        );
    }

    function test_RevertWhen_TheRegistryHasNoEngine() external {
        bytes memory arguments = abi.encode(address(0), governor, 0);
        assertEq(
            refusalOf(bytes.concat(vm.getCode("ProviderRegistry.sol:ProviderRegistry"), arguments)),
            abi.encodeWithSelector(IStakeBook.Registry_ZeroAddress.selector)
        );
    }

    /// @dev Every start with every count, and counts that no list has.
    function test_REG4_PagesEndWithTheList() external {
        vm.prank(keeper, keeper);
        registry.register(staker);
        address[3] memory all = [provider, rival, keeper];
        uint256[6] memory counts = [uint256(0), 1, 2, 3, 4, type(uint256).max];
        for (uint256 start = 0; start <= 4; ++start) {
            for (uint256 i = 0; i < counts.length; ++i) {
                address[] memory page = registry.providers(start, counts[i]);
                uint256 left = start < all.length ? all.length - start : 0;
                assertEq(page.length, counts[i] < left ? counts[i] : left);
                for (uint256 j = 0; j < page.length; ++j) {
                    assertEq(page[j], all[start + j]);
                }
            }
        }
        assertEq(registry.providers(type(uint256).max, type(uint256).max).length, 0);
    }

    /// @dev The mirror has 16 bits: more stake covers no more work.
    function test_CapacityEndsWhereItsBitsDo() external {
        _stakeUpTo(65_534 * PENALTY);
        assertEq(everloop.accountOf(provider).capacity(), 65_534);
        _stakeUpTo(65_535 * PENALTY);
        assertEq(everloop.accountOf(provider).capacity(), 65_535);
        _stakeUpTo(65_536 * PENALTY);
        assertEq(everloop.accountOf(provider).capacity(), 65_535);
        _open(slasher, provider);
        assertEq(everloop.accountOf(provider).capacity(), 65_535, "the dispute holds what was above");
        _open(slasher, provider);
        assertEq(everloop.accountOf(provider).capacity(), 65_534);
    }

    function test_CapacityCountsWholePenaltiesOnly() external {
        _stakeUpTo(STAKE + PENALTY - 1);
        assertEq(everloop.accountOf(provider).capacity(), STAKE / PENALTY);
        _stakeUpTo(STAKE + PENALTY);
        assertEq(everloop.accountOf(provider).capacity(), STAKE / PENALTY + 1);
    }

    /// @dev Disputes hold more than is bonded, since more is leaving: nothing is covered, and nothing wraps around.
    function test_REG2_MoreDisputesThanBondedStakeCoverNoWork() external {
        address[3] memory slashers = [slasher, _list(), _list()];
        skip(LISTING_DELAY);
        _unbond(STAKE - 0.1 ether);
        for (uint256 i = 0; i < 15; ++i) {
            assertEq(everloop.accountOf(provider).capacity(), i < 10 ? 10 - i : 0);
            _open(slashers[i % 3], provider);
        }
        assertEq(registry.disputesOf(provider), 15);
        assertEq(everloop.accountOf(provider).capacity(), 0);
        assertTrue(registry.providerOf(provider).serving, "it has the least stake");
    }

    /// @dev Exactly the minimum serves; a wei less does not.
    function test_ServingEndsAWeiBelowTheMinimum() external {
        _unbond(STAKE - 0.1 ether);
        assertTrue(registry.providerOf(provider).serving);
        assertEq(everloop.accountOf(provider).capacity(), 10);
        _unbond(1);
        assertFalse(registry.providerOf(provider).serving);
        assertEq(everloop.accountOf(provider).capacity(), 0);
    }

    /// @dev A dispute of the last moment holds until a week after the release, and not a second longer.
    function test_REG2_HeldStakeIsFreeAWeekAfterItsRelease() external {
        _unbond(STAKE);
        skip(UNBOND_DELAY);
        uint256 released = _now();
        vm.warp(released + DISPUTE_TIME - 1);
        _open(slasher, provider);
        assertEq(registry.withdrawableOf(provider), STAKE - PENALTY);
        skip(1);
        assertEq(registry.withdrawableOf(provider), STAKE);
    }

    function test_RevertWhen_WithdrawingASecondTooEarly() external {
        _unbond(PENALTY);
        uint40 releasedAt = uint40(_now() + UNBOND_DELAY);
        vm.warp(releasedAt - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IStakeBook.Registry_StillBonded.selector, provider, releasedAt, releasedAt - 1)
        );
        registry.withdraw(provider);
        skip(1);
        registry.withdraw(provider);
        assertEq(staker.balance, PENALTY);
        vm.expectRevert(abi.encodeWithSelector(IStakeBook.Registry_StillBonded.selector, provider, 0, _now()));
        registry.withdraw(provider);
    }

    /// @dev The last second of a dispute still counts, and its first second of rest does not.
    function test_REG3_ADisputeIsUpheldUntilItLapses() external {
        uint256 id = _open(slasher, provider);
        skip(DISPUTE_TIME - 1);
        (uint256 bounty,) = _uphold(id, 0);
        assertEq(bounty, PENALTY / 10);
        assertEq(id, 1);
        assertEq(_open(slasher, provider), 2, "ids go on");
    }

    function test_REG2_RevertWhen_UnbondingTheLastWeiThatBacksWork() external {
        Inference memory job = _inference(address(new Puppet()));
        _request(job, 0);
        vm.expectRevert(abi.encodeWithSelector(IStakeBook.Registry_StakeTooSmall.selector, provider, STAKE, STAKE + 1));
        _unbond(STAKE - PENALTY + 1);
        _unbond(STAKE - PENALTY);
        assertEq(registry.providerOf(provider).bonded, PENALTY);
    }

    /// @dev The largest key and the last time that fit their fields.
    function test_TheLargestAttestationIsTaken() external {
        Verifier verifier = new Verifier();
        address key = address(type(uint160).max);
        verifier.answer(abi.encode(key, bytes32(type(uint256).max), type(uint40).max));
        vm.prank(provider, provider);
        registry.attest(MODEL_ID, address(verifier), "");
        Attestation memory record = registry.attestationOf(provider, MODEL_ID);
        assertEq(record.key, key);
        assertEq(record.expiry, type(uint40).max);
        assertEq(record.measurement, bytes32(type(uint256).max));
    }

    /// @dev Top up until `amount` is bonded.
    function _stakeUpTo(uint256 amount) private {
        uint256 missing = amount - registry.providerOf(provider).bonded;
        hoax(staker, missing);
        registry.stake{value: missing}(provider);
    }
}
