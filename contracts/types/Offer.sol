// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What a provider asks and demands for one model.
struct Offer {
    /// wei per inference.
    uint64 basePrice;
    /// wei per 1,024 bytes of output limit.
    uint64 pricePerKilobyte;
    /// wei; a booking must be ready to pay at least this for a unit of gas. Above zero where the model is offered.
    uint64 minMaxGasPrice;
    /// s; the provider's own claim of its usual answer time.
    uint16 latency;
    /// s; shortest window that a booking may ask for.
    uint24 minWindow;
    /// gas; largest callback that a booking may ask for.
    uint24 maxCallbackGas;
}
