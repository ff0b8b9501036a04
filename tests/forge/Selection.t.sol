// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Verifier} from "./RegistryAttestations.t.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {ILens} from "../../contracts/interfaces/ILens.sol";
import {Inference} from "../../contracts/types/Job.sol";
import {Offer, OfferLib} from "../../contracts/types/Offer.sol";
import {Candidate, Criteria, Ranked} from "../../contracts/types/Selection.sol";

/// @notice Choosing among those who stand for a model.
contract SelectionTest is Base {
    uint256 private constant NOW = 1_800_000_000;
    ILens private _lens;

    function setUp() public override {
        super.setUp();
        _lens = ILens(_create("Lens.sol:Lens", abi.encode(address(everloop))));
    }

    function test_CandidatesAreSeenWhole() external {
        Verifier verifier = new Verifier();
        verifier.answer(abi.encode(alice, keccak256("code"), _now() + 9));
        vm.startPrank(provider);
        registry.stand(MODEL_ID);
        registry.attest(MODEL_ID, address(verifier), "");
        vm.stopPrank();
        Inference memory job = _request(_inference(address(new Puppet())), 0);
        skip(8);
        _deliver(job, "a");
        Candidate[] memory seen = _lens.candidates(MODEL_ID);
        assertEq(seen.length, 1);
        Candidate memory expected;
        expected.provider = provider;
        expected.offer = _terms();
        expected.bonded = uint96(STAKE);
        expected.capacity = 50;
        expected.open = 1;
        expected.delivered = 1;
        expected.latency = 1;
        expected.verifier = address(verifier);
        expected.measurement = keccak256("code");
        expected.attestedUntil = uint40(NOW + 9);
        assertEq(abi.encode(seen[0]), abi.encode(expected));
        assertEq(_lens.candidates(keccak256("other")).length, 0);
    }

    function test_TheCheaperWinsUntilItIsFull() external {
        Offer memory terms = _terms();
        terms.basePrice -= 1e12;
        vm.startPrank(rival);
        registry.offer(MODEL, terms);
        registry.stand(MODEL_ID);
        vm.stopPrank();
        vm.prank(provider, provider);
        registry.stand(MODEL_ID);
        Criteria memory criteria = _anyone();
        criteria.priceWeight = 1;
        (criteria.outputLimit, criteria.maxFee) = (1_024, 0.002 ether);
        Ranked[] memory ranked = _lens.select(MODEL_ID, criteria);
        assertEq(ranked.length, 2);
        assertEq(ranked[0].provider, rival);
        assertEq(ranked[0].fee, FEE - 1e12);
        assertEq(ranked[0].score, 2_505);
        assertEq(ranked[1].score, 2_500);
        vm.prank(rival);
        registry.serve(false);
        ranked = _lens.select(MODEL_ID, criteria);
        assertEq(ranked.length, 1);
        assertEq(ranked[0].provider, provider);
    }

    /// @dev Each share by hand, weighted by 1, 10, 100 and 1,000.
    function test_TheScoreIsTheWeightedSumOfShares() external view {
        Candidate memory c = _candidate(1);
        c.offer.basePrice = 25;
        (c.offer.latency, c.latency) = (3, 2);
        (c.delivered, c.missed, c.declined) = (5, 1, 2);
        c.bonded = 1;
        Criteria memory criteria = _anyone();
        (criteria.priceWeight, criteria.latencyWeight, criteria.recordWeight, criteria.stakeWeight) =
        (1, 10, 100, 1_000);
        (criteria.maxFee, criteria.maxClaimedLatency, criteria.maxMeasuredLatency) = (100, 7, 4);
        criteria.fullStake = 3;
        // (100 - 25) / 100, (7 - 3) / 7, (5 + 1) / (8 + 2), 1 / 3; all in basis points, rounded down.
        uint256 expected = 7_500 + 10 * 5_714 + 100 * 6_000 + 1_000 * 3_333;
        assertEq(_rank(c, criteria)[0].score, expected);
    }

    function test_SharesAtTheirEnds() external view {
        Candidate memory c = _candidate(1);
        Criteria memory criteria = _anyone();
        criteria.stakeWeight = 1;
        assertEq(_rank(c, criteria)[0].score, 10_000, "no full stake asked for");
        criteria.fullStake = c.bonded;
        assertEq(_rank(c, criteria)[0].score, 10_000);
        criteria = _anyone();
        (criteria.priceWeight, criteria.maxFee) = (1, 0);
        assertEq(_rank(c, criteria)[0].score, 10_000, "free, where only free will do");
        criteria.maxFee = 50;
        c.offer.basePrice = 50;
        assertEq(_rank(c, criteria)[0].score, 0, "as dear as it may be");
        criteria = _anyone();
        (criteria.latencyWeight, criteria.maxClaimedLatency, criteria.maxMeasuredLatency) = (1, 0, 0);
        assertEq(_rank(c, criteria)[0].score, 10_000);
        criteria = _anyone();
        criteria.recordWeight = 1;
        assertEq(_rank(c, criteria)[0].score, 5_000, "a newcomer has half");
    }

    /// @dev The slower of claim and average counts, so that neither a bold claim nor a lucky start helps.
    function test_TheSlowerOfClaimAndAverageCounts() external view {
        Criteria memory criteria = _anyone();
        (criteria.latencyWeight, criteria.maxClaimedLatency, criteria.maxMeasuredLatency) = (1, 10, 10);
        Candidate memory c = _candidate(1);
        (c.offer.latency, c.latency) = (1, 9);
        assertEq(_rank(c, criteria)[0].score, 1_000);
        criteria.maxClaimedLatency = 5;
        assertEq(_rank(c, criteria)[0].score, 1_000, "the greater limit is the scale");
        (criteria.maxClaimedLatency, criteria.maxMeasuredLatency) = (10, 5);
        (c.offer.latency, c.latency) = (9, 1);
        assertEq(_rank(c, criteria)[0].score, 1_000);
    }

    function test_TiesGoToTheLowerAddress() external view {
        Candidate[] memory all = new Candidate[](4);
        uint160[4] memory order = [uint160(7), 3, 9, 1];
        for (uint256 i = 0; i < 4; ++i) {
            all[i] = _candidate(order[i]);
        }
        all[2].bonded = type(uint96).max;
        Criteria memory criteria = _anyone();
        (criteria.stakeWeight, criteria.fullStake) = (1, 10 ether);
        Ranked[] memory ranked = _lens.rank(all, criteria, NOW);
        assertEq(ranked[0].provider, address(9));
        assertEq(ranked[1].provider, address(1));
        assertEq(ranked[2].provider, address(3));
        assertEq(ranked[3].provider, address(7));
    }

    /// @dev Who of two wins does not depend on a third.
    function testFuzz_NoThirdDecidesWhoOfTwoWins(uint256 seed) external view {
        Candidate[] memory three = new Candidate[](3);
        for (uint256 i = 0; i < 3; ++i) {
            three[i] = _random(uint256(keccak256(abi.encode(seed, i))), uint160(i + 1));
        }
        Criteria memory criteria = _anyone();
        (criteria.priceWeight, criteria.latencyWeight, criteria.recordWeight, criteria.stakeWeight) =
        (uint16(seed), uint16(seed >> 16), uint16(seed >> 32), uint16(seed >> 48));
        criteria.fullStake = 1 ether;
        Ranked[] memory ranked = _lens.rank(three, criteria, NOW);
        assertEq(ranked.length, 3);
        for (uint256 i = 0; i < 2; ++i) {
            for (uint256 j = i + 1; j < 3; ++j) {
                Candidate[] memory two = new Candidate[](2);
                two[0] = three[uint160(ranked[i].provider) - 1];
                two[1] = three[uint160(ranked[j].provider) - 1];
                assertEq(_lens.rank(two, criteria, NOW)[0].provider, ranked[i].provider);
            }
        }
    }

    /// @dev Each limit lets its edge in and leaves the next value out.
    function test_EveryLimitIsAnEdge() external view {
        Candidate memory c = _candidate(1);
        (c.delivered, c.missed) = (3, 1);
        (c.latency, c.offer.latency) = (8, 9);
        c.offer.basePrice = 100;
        Criteria memory criteria = _anyone();
        criteria.outputLimit = 2_047;
        c.offer.pricePerKilobyte = 1;
        criteria.maxFee = 101;
        _assertFits(c, criteria);
        criteria.maxFee = 100;
        _assertOut(c, criteria);
        criteria.maxFee = 101;
        criteria.maxClaimedLatency = 9;
        _assertFits(c, criteria);
        criteria.maxClaimedLatency = 8;
        _assertOut(c, criteria);
        criteria.maxClaimedLatency = 9;
        criteria.maxMeasuredLatency = 8;
        _assertFits(c, criteria);
        criteria.maxMeasuredLatency = 7;
        _assertOut(c, criteria);
        criteria.maxMeasuredLatency = 8;
        criteria.minStake = c.bonded;
        _assertFits(c, criteria);
        criteria.minStake = c.bonded + 1;
        _assertOut(c, criteria);
        criteria.minStake = 0;
        criteria.minDelivered = 3;
        _assertFits(c, criteria);
        criteria.minDelivered = 4;
        _assertOut(c, criteria);
        criteria.minDelivered = 0;
        criteria.maxMissBps = 2_500;
        _assertFits(c, criteria);
        criteria.maxMissBps = 2_499;
        _assertOut(c, criteria);
        (c.delivered, c.missed, criteria.maxMissBps) = (0, 0, 0);
        _assertFits(c, criteria);
    }

    function test_WhoWouldRefuseTheBookingIsLeftOut() external view {
        Candidate memory c = _candidate(1);
        Criteria memory criteria = _anyone();
        (criteria.window, criteria.gasLimit, criteria.maxGasPrice) = (20, 3_000_000, 1 gwei);
        _assertFits(c, criteria);
        criteria.window = 19;
        _assertOut(c, criteria);
        criteria.window = 20;
        criteria.gasLimit = 3_000_001;
        _assertOut(c, criteria);
        criteria.gasLimit = 0;
        criteria.maxGasPrice = 1 gwei - 1;
        _assertOut(c, criteria);
        criteria.maxGasPrice = 1 gwei;
        c.open = c.capacity - 1;
        _assertFits(c, criteria);
        c.open = c.capacity;
        _assertOut(c, criteria);
        c.open = 0;
        c.offer.minMaxGasPrice = 0;
        _assertOut(c, criteria);
    }

    function test_FeaturesAreMatched() external view {
        Candidate memory c = _candidate(1);
        Criteria memory criteria = _anyone();
        c.offer.features = OfferLib.LOCKED | (2 << 8) | (5 << 16);
        _assertOut(c, criteria);
        criteria.acceptsLocked = true;
        _assertFits(c, criteria);
        (criteria.verification, criteria.minContext) = (2, 5);
        _assertFits(c, criteria);
        criteria.verification = 1;
        _assertOut(c, criteria);
        (criteria.verification, criteria.minContext) = (0, 6);
        _assertOut(c, criteria);
    }

    function test_OnlyTrustedAndFreshAttestationsCount() external view {
        Candidate memory c = _candidate(1);
        c.offer.features = OfferLib.TEE;
        (c.verifier, c.measurement, c.attestedUntil) = (alice, keccak256("code"), uint40(NOW + 1));
        Criteria memory criteria = _anyone();
        (criteria.attested, criteria.verifier) = (true, alice);
        _assertFits(c, criteria);
        criteria.measurement = keccak256("code");
        _assertFits(c, criteria);
        criteria.measurement = keccak256("other");
        _assertOut(c, criteria);
        criteria.measurement = 0;
        c.attestedUntil = uint40(NOW);
        _assertOut(c, criteria);
        c.attestedUntil = uint40(NOW + 1);
        c.offer.features = 0;
        _assertOut(c, criteria);
        c.offer.features = OfferLib.TEE;
        criteria.verifier = keeper;
        _assertOut(c, criteria);
        (c.verifier, criteria.verifier) = (address(0), address(0));
        _assertOut(c, criteria);
        criteria.attested = false;
        _assertFits(c, criteria);
    }

    function test_NamedOnesAreLeftOut() external {
        Candidate memory c = _candidate(3);
        Criteria memory criteria = _anyone();
        criteria.excluded = new address[](32);
        _assertFits(c, criteria);
        criteria.excluded[31] = address(3);
        _assertOut(c, criteria);
        criteria.excluded = new address[](33);
        vm.expectRevert(abi.encodeWithSelector(ILens.Lens_TooManyExcluded.selector, 33, 32));
        _lens.select(MODEL_ID, criteria);
    }

    /// @dev Thirty-two candidates with attestations, all cold, and thirty-two names left out.
    function test_REG4_GasOfSelectingIsBounded() external {
        Verifier verifier = new Verifier();
        verifier.answer(abi.encode(alice, keccak256("code"), _now() + 9));
        Offer memory terms = _terms();
        terms.features = OfferLib.TEE;
        for (uint160 i = 1; i <= 32; ++i) {
            address account = address(i << 20);
            _addProvider(account, 0.1 ether + i);
            vm.startPrank(account);
            registry.offer(MODEL, terms);
            registry.stand(MODEL_ID);
            registry.attest(MODEL_ID, address(verifier), "");
            vm.stopPrank();
        }
        Criteria memory criteria = _anyone();
        (criteria.stakeWeight, criteria.fullStake) = (1, 1e6 ether);
        (criteria.attested, criteria.verifier, criteria.measurement) = (true, address(verifier), keccak256("code"));
        criteria.excluded = new address[](32);
        vm.cool(address(registry));
        vm.cool(address(everloop));
        uint256 gas_ = gasleft();
        Ranked[] memory ranked = _lens.select(MODEL_ID, criteria);
        gas_ -= gasleft();
        assertEq(ranked.length, 32);
        assertLt(gas_, 1_500_000, "a tenth of what a transaction may use");
    }

    /// @dev Fulfils {_anyone}.
    function _candidate(uint160 account) private pure returns (Candidate memory c) {
        c.provider = address(account);
        c.offer = Offer(0, 0, 1 gwei, 0, 20, 3_000_000, 0);
        c.bonded = 1 ether;
        c.capacity = 10;
    }

    function _random(uint256 seed, uint160 account) private pure returns (Candidate memory c) {
        c = _candidate(account);
        c.offer.basePrice = uint64(seed);
        c.offer.latency = uint16(seed >> 64);
        (c.delivered, c.missed, c.declined) =
        (uint24(seed >> 80), uint16(seed >> 104) % 4_096, uint16(seed >> 120) % 4_096);
        c.latency = uint16(seed >> 136) % 4_096;
        c.bonded = uint96(seed >> 152);
    }

    function _anyone() private pure returns (Criteria memory criteria) {
        criteria.window = 100;
        criteria.maxGasPrice = 1 gwei;
        criteria.maxFee = type(uint64).max;
        (criteria.maxClaimedLatency, criteria.maxMeasuredLatency) = (type(uint16).max, type(uint16).max);
        criteria.maxMissBps = 10_000;
    }

    function _rank(Candidate memory c, Criteria memory criteria) private view returns (Ranked[] memory) {
        Candidate[] memory one = new Candidate[](1);
        one[0] = c;
        return _lens.rank(one, criteria, NOW);
    }

    function _assertFits(Candidate memory c, Criteria memory criteria) private view {
        assertEq(_rank(c, criteria).length, 1);
    }

    function _assertOut(Candidate memory c, Criteria memory criteria) private view {
        assertEq(_rank(c, criteria).length, 0);
    }
}
