// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Offer, OfferLib} from "../types/Offer.sol";
import {Candidate, Criteria, Ranked} from "../types/Selection.sol";

/// @notice Who fulfils given criteria, best first; the SDK computes the same (`agent_sdk.market.selection`).
/// @dev A share depends on the candidate and the criteria alone: no third party decides who of two wins. All division
/// rounds down. Unchecked: every product is of fields whose bits add up to less than 256, every difference is guarded.
library Ranking {
    uint256 private constant BPS = 10_000;
    /// Bytes that {Offer.pricePerKilobyte} is for.
    uint256 private constant KILOBYTE = 1_024;

    /// @notice Those who fulfil `criteria` at `time`: highest score first, then lowest address.
    function rank(Candidate[] memory candidates, Criteria memory criteria, uint256 time)
        internal
        pure
        returns (Ranked[] memory ranked)
    {
        ranked = new Ranked[](candidates.length);
        uint256 count;
        for (uint256 i = 0; i < candidates.length; ++i) {
            Candidate memory candidate = candidates[i];
            uint256 fee = feeOf(candidate.offer, criteria.outputLimit);
            if (!_fits(candidate, criteria, fee) || !_trusted(candidate, criteria, time)) continue;
            _insert(ranked, count, Ranked(candidate.provider, _score(candidate, criteria, fee), uint64(fee)));
            ++count;
        }
        // Assembly, since Solidity cannot shorten an array in memory.
        assembly ("memory-safe") {
            mstore(ranked, count)
        }
    }

    /// @notice wei that an inference with that output limit costs; up to 81 bits.
    function feeOf(Offer memory offer, uint256 outputLimit) internal pure returns (uint256) {
        unchecked {
            return offer.basePrice + outputLimit * offer.pricePerKilobyte / KILOBYTE;
        }
    }

    /// @dev Whether the candidate would take the booking, and keeps every limit.
    function _fits(Candidate memory c, Criteria memory criteria, uint256 fee) private pure returns (bool) {
        Offer memory offer = c.offer;
        if (c.open >= c.capacity || offer.minMaxGasPrice == 0) return false;
        if (criteria.maxGasPrice < offer.minMaxGasPrice || criteria.gasLimit > offer.maxCallbackGas) return false;
        if (criteria.window < offer.minWindow || fee > criteria.maxFee) return false;
        if (offer.latency > criteria.maxClaimedLatency || c.latency > criteria.maxMeasuredLatency) return false;
        if (c.bonded < criteria.minStake || c.delivered < criteria.minDelivered) return false;
        unchecked {
            uint256 runs = uint256(c.delivered) + c.missed;
            return runs == 0 || c.missed * BPS / runs <= criteria.maxMissBps;
        }
    }

    /// @dev Whether features, attestation and name are as wanted.
    function _trusted(Candidate memory c, Criteria memory criteria, uint256 time) private pure returns (bool) {
        uint24 features = c.offer.features;
        if (features & OfferLib.LOCKED != 0 && !criteria.acceptsLocked) return false;
        uint8 verification = uint8(features >> OfferLib.VERIFICATION_AT);
        if (criteria.verification != 0 && verification != criteria.verification) return false;
        if (uint8(features >> OfferLib.CONTEXT_AT) < criteria.minContext) return false;
        if (criteria.attested) {
            if (features & OfferLib.TEE == 0 || c.attestedUntil <= time) return false;
            if (c.verifier == address(0) || c.verifier != criteria.verifier) return false;
            if (criteria.measurement != 0 && c.measurement != criteria.measurement) return false;
        }
        for (uint256 i = 0; i < criteria.excluded.length; ++i) {
            if (criteria.excluded[i] == c.provider) return false;
        }
        return true;
    }

    /// @dev Of a candidate within all limits.
    function _score(Candidate memory c, Criteria memory criteria, uint256 fee) private pure returns (uint64) {
        unchecked {
            uint256 score = criteria.priceWeight * _below(fee, criteria.maxFee);
            score += criteria.latencyWeight
            * _below(
                _greater(c.offer.latency, c.latency), _greater(criteria.maxClaimedLatency, criteria.maxMeasuredLatency)
            );
            score += criteria.recordWeight * _recordShare(c);
            score += criteria.stakeWeight * (c.bonded >= criteria.fullStake ? BPS : c.bonded * BPS / criteria.fullStake);
            return uint64(score);
        }
    }

    /// @dev Laplace's rule of succession: one good and one bad run are counted to everybody, so a newcomer has half.
    function _recordShare(Candidate memory c) private pure returns (uint256) {
        unchecked {
            uint256 runs = uint256(c.delivered) + c.missed + c.declined;
            return (uint256(c.delivered) + 1) * BPS / (runs + 2);
        }
    }

    /// @dev How far `value` stays below `limit`, which it does not exceed.
    function _below(uint256 value, uint256 limit) private pure returns (uint256) {
        unchecked {
            return limit == 0 ? BPS : (limit - value) * BPS / limit;
        }
    }

    function _greater(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? b : a;
    }

    /// @dev Effect on `ranked`, whose first `count` are in order.
    function _insert(Ranked[] memory ranked, uint256 count, Ranked memory item) private pure {
        while (count != 0 && _precedes(item, ranked[count - 1])) {
            ranked[count] = ranked[count - 1];
            --count;
        }
        ranked[count] = item;
    }

    function _precedes(Ranked memory a, Ranked memory b) private pure returns (bool) {
        return a.score == b.score ? a.provider < b.provider : a.score > b.score;
    }
}
