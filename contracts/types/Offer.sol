// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What a provider asks and demands for one model; one storage slot.
struct Offer {
    /// wei per inference.
    uint64 basePrice;
    /// wei per 1,024 bytes of output limit.
    uint56 pricePerKilobyte;
    /// wei; a booking must be ready to pay at least this for a unit of gas. Above zero where the model is offered.
    uint48 minMaxGasPrice;
    /// s; the provider's own claim of its usual answer time.
    uint16 latency;
    /// s; shortest window that a booking may ask for.
    uint24 minWindow;
    /// gas; largest callback that a booking may ask for.
    uint24 maxCallbackGas;
    /// {OfferLib.TEE} | {OfferLib.LOCKED} | verification kind << 8 | context class << 16.
    uint24 features;
}

/// @notice Meaning of {Offer.features}.
library OfferLib {
    /// Answers come from attested hardware; the registry holds the attestation.
    uint24 internal constant TEE = 1;
    /// Signed inferences are answered only for accounts that are locked until their deadline.
    uint24 internal constant LOCKED = 2;
    /// 0 none, 1 quorum, 2 optimistic, 3 zero-knowledge proof.
    uint256 internal constant VERIFICATION_AT = 8;
    /// n = up to 1,024 << n tokens of context.
    uint256 internal constant CONTEXT_AT = 16;
}
