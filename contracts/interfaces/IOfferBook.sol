// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Offer} from "../types/Offer.sol";

/// @notice What providers ask, how much work they take, and who answers for them.
/// @dev Notes: the registry decides on offers and stake and mirrors here what a booking needs, so that it reads two slots
/// instead of asking another contract.
interface IOfferBook {
    /// @notice Emitted when the number of inferences that `provider` may have open changes; 0 = takes no work.
    event CapacityChanged(address indexed provider, uint16 capacity);

    /// @notice Emitted when `key` may, or may no longer, answer for `provider`.
    event KeyAuthorised(address indexed provider, address indexed key, bool authorised);

    /// @notice Only the registry says what a provider offers, and what its stake covers.
    error Offer_NotRegistry(address registry, address caller);

    /// @notice Keep the terms of one offer; all zero where it is withdrawn.
    /// @dev Requirements:
    /// - the caller is the registry, which has checked them
    function setOffer(address provider, bytes32 modelId, Offer calldata terms) external;

    /// @notice Let `key` answer, decline and resign for the caller, or end that.
    /// @dev Emits {KeyAuthorised}.
    ///
    /// Notes:
    /// - a key can move no money: what it earns is the caller's; ending it strands nothing
    function authorise(address key, bool authorised) external;

    /// @notice Mirror how many inferences the stake of `provider` covers while it serves.
    /// @dev Emits {CapacityChanged}.
    ///
    /// Requirements:
    /// - the caller is the registry
    function setCapacity(address provider, uint16 capacity) external;

    /// @notice The terms of one offer; `minMaxGasPrice` is zero where there is none.
    function offerOf(address provider, bytes32 modelId) external view returns (Offer memory);

    /// @notice Whether `key` may answer for `provider`.
    function isAuthorised(address provider, address key) external view returns (bool);
}
