// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Offer} from "../types/Offer.sol";

/// @notice Which models providers sell, and who stands for selection.
/// @dev Notes: [REG-4] at most 32 stand for a model, so that choosing among them has a bounded cost. Whoever has more stake
/// takes the place of the least; the others can still be booked by name.
interface ICandidateBook {
    /// @notice Emitted when `provider` says what a model costs.
    event Offered(address indexed provider, bytes32 indexed modelId, string model, Offer offer);

    /// @notice Emitted when `provider` takes a model off.
    event OfferWithdrawn(address indexed provider, bytes32 indexed modelId);

    /// @notice Emitted when `provider` stands for a model.
    event Stood(address indexed provider, bytes32 indexed modelId);

    /// @notice Emitted when `provider` stands no more; `by` is who took its place, or itself.
    event SteppedDown(address indexed provider, bytes32 indexed modelId, address indexed by);

    /// @notice A field of the offer is outside its rule.
    error Registry_BadOffer(bytes32 field, uint256 value, uint256 limit);
    /// @notice The provider takes no work.
    error Registry_NotServing(address provider);
    /// @notice The provider does not offer this model.
    error Registry_NotOffered(address provider, bytes32 modelId);
    /// @notice The provider stands for this model already.
    error Registry_AlreadyStanding(address provider, bytes32 modelId);
    /// @notice The provider does not stand for this model.
    error Registry_NotStanding(address provider, bytes32 modelId);

    /// @notice Say what one model costs here.
    /// @dev Emits {Offered}. The engine keeps the terms; bookings made before keep theirs.
    ///
    /// Requirements:
    /// - the caller is registered
    /// - the model has a name; `minMaxGasPrice` and `maxCallbackGas` are not zero; 12 s <= `minWindow` <= 1 day
    /// - `maxCallbackGas` <= 16,000,000, what a transaction can hand over
    ///
    /// @param model `name@revision`; its keccak256 is the model id.
    function offer(string calldata model, Offer calldata terms) external;

    /// @notice Take a model off, and stand for it no more.
    /// @dev Emits {OfferWithdrawn}; where the caller stands for it, also {SteppedDown}.
    function withdrawOffer(bytes32 modelId) external;

    /// @notice Be one of those that {ILens-select} chooses from.
    /// @dev Emits {Stood}; where all places are taken, also {SteppedDown} for who has the least stake.
    ///
    /// Notes:
    /// - the stake of who does not serve counts as zero here
    ///
    /// Requirements:
    /// - the caller is registered, serves, offers the model, and does not stand for it
    /// - a place is free, or the caller's bonded stake exceeds the least among those who stand
    function stand(bytes32 modelId) external;

    /// @notice Be chosen no more.
    /// @dev Emits {SteppedDown}.
    ///
    /// Requirements:
    /// - the caller stands for the model
    function stepDown(bytes32 modelId) external;

    /// @notice Who stands for a model, in no order.
    function candidatesOf(bytes32 modelId) external view returns (address[] memory);

    /// @notice Whether `provider` stands for a model.
    function isCandidate(bytes32 modelId, address provider) external view returns (bool);

    /// @notice Most candidates for a model.
    function MAX_CANDIDATES() external view returns (uint256);
}
