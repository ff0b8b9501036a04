// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Offer} from "./Offer.sol";

/// @notice What is known on chain about one provider of one model.
struct Candidate {
    /// Account that answers and earns.
    address provider;
    /// What it asks and demands.
    Offer offer;
    /// wei that back its work.
    uint96 bonded;
    /// Inferences that its stake covers while it serves; 0 = takes no work.
    uint16 capacity;
    /// Inferences it has to answer.
    uint16 open;
    /// Answers in time, saturating.
    uint24 delivered;
    /// Answers not given in time, saturating.
    uint16 missed;
    /// Runs handed back, saturating.
    uint16 declined;
    /// s from due to delivery, moving average, saturating.
    uint16 latency;
    /// Contract that vouches for its machine; zero where none does.
    address verifier;
    /// Hash of the code that runs there, as that verifier defines it.
    bytes32 measurement;
    /// Unix seconds from which that counts no more.
    uint40 attestedUntil;
}

/// @notice What somebody asks of a provider: what it must fulfil, and what counts how much.
/// @dev A limit of which the type's maximum is given excludes nobody; then differences below it count for little, since
/// limits are the scales of the shares too.
struct Criteria {
    /// Weights of price, latency, record and stake; only their proportions matter.
    uint16 priceWeight;
    uint16 latencyWeight;
    uint16 recordWeight;
    uint16 stakeWeight;
    /// bytes; the inference that is to be booked.
    uint24 outputLimit;
    /// s
    uint24 window;
    /// gas
    uint24 gasLimit;
    /// wei
    uint48 maxGasPrice;
    /// wei; dearer ones are left out. A fee of zero has all of the price's share, this fee none.
    uint64 maxFee;
    /// s; a slower claim is left out.
    uint16 maxClaimedLatency;
    /// s; a slower average is left out.
    uint16 maxMeasuredLatency;
    /// wei; less stake is left out.
    uint96 minStake;
    /// wei; this stake and more has all of the stake's share.
    uint96 fullStake;
    /// A shorter record is left out.
    uint24 minDelivered;
    /// Basis points of missed among missed and delivered; more is left out.
    uint16 maxMissBps;
    /// Whether offers for locked accounts only will do.
    bool acceptsLocked;
    /// The kind of verification wanted, as in {Offer.features}; 0 = any.
    uint8 verification;
    /// The least context class wanted, as in {Offer.features}.
    uint8 minContext;
    /// Whether an attestation is needed: offered, by `verifier`, of `measurement` (zero = any), not expired.
    bool attested;
    address verifier;
    bytes32 measurement;
    /// Who is left out by name; at most 32.
    address[] excluded;
}

/// @notice One who fulfils the criteria.
struct Ranked {
    address provider;
    /// Sum of weight x share, a share being 0 to 10,000.
    uint64 score;
    /// wei that the inference costs besides gas.
    uint64 fee;
}
