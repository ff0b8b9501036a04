// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Offer} from "../types/Offer.sol";

/// @notice Who may sell inference, with what stake, which models, at which price.
/// @dev Notes: [REG-1] stakes bonded and unbonding never exceed the ETH held. [REG-2] stake behind open work cannot
/// leave. [REG-3] nobody profits from slashing beyond the bounty. [REG-4] the gas of any call is bounded.
interface IProviderRegistry {
    /// @notice One provider.
    struct Provider {
        /// Who may take the stake out; the account itself earns and answers.
        address owner;
        /// wei that back open work.
        uint96 bonded;
        /// wei on their way out; they can still be slashed.
        uint96 unbonding;
        /// Unix seconds from which the unbonding part may be withdrawn.
        uint40 releasedAt;
        /// Unix seconds from which the whitelisting holds; 0 = not whitelisted.
        uint40 whitelistedAt;
        /// Whether the provider wants work.
        bool serving;
    }

    event ProviderRegistered(address indexed provider, address indexed owner);
    event Staked(address indexed provider, address indexed from, uint256 amount);
    event Unbonded(address indexed provider, uint256 amount, uint40 releasedAt);
    event StakeWithdrawn(address indexed provider, address indexed to, uint256 amount);
    event Whitelisted(address indexed provider, uint40 from);
    event Delisted(address indexed provider);
    event Offered(address indexed provider, bytes32 indexed modelId, string model, Offer offer);
    event OfferWithdrawn(address indexed provider, bytes32 indexed modelId);
    event ServingChanged(address indexed provider, bool serving);
    event Slashed(address indexed provider, uint256 bounty, uint256 repaid, uint256 burned);

    error Registry_AlreadyRegistered(address provider);
    error Registry_NotRegistered(address provider);
    error Registry_NotOwner(address provider, address owner, address caller);
    error Registry_NotEverloop(address caller);
    error Registry_ZeroAddress();
    error Registry_AlreadyWhitelisted(address provider);
    error Registry_NotWhitelisted(address provider, uint40 from, uint256 time);
    error Registry_StakeTooSmall(address provider, uint256 bonded, uint256 required);
    error Registry_StillBonded(address provider, uint40 releasedAt, uint256 time);
    error Registry_BadOffer(bytes32 field, uint256 value, uint256 limit);
    error Registry_DelayTooLong(uint256 value, uint256 limit);
    error Registry_TransferFailed(address to, uint256 amount);

    /// @notice Become a provider: the caller is the account that answers and earns.
    /// @dev Emits {ProviderRegistered}.
    ///
    /// Requirements:
    /// - the caller is not registered; `owner` is not zero
    ///
    /// @param owner Who may take the stake out.
    function register(address owner) external;

    /// @notice Add the sent ETH to the stake of `provider`.
    /// @dev Emits {Staked}. Anyone may; it delays no withdrawal.
    ///
    /// Requirements:
    /// - the provider is registered
    function stake(address provider) external payable;

    /// @notice Begin to take stake out.
    /// @dev Emits {Unbonded}; where less than the minimum stays, also {ServingChanged}.
    ///
    /// Requirements:
    /// - the caller is the stake's owner
    /// - what stays covers the penalty of every open inference
    ///
    /// @param amount wei
    function unbond(address provider, uint96 amount) external;

    /// @notice Take out what has been unbonded for the whole delay.
    /// @dev Emits {StakeWithdrawn}.
    ///
    /// Requirements:
    /// - the caller is the stake's owner
    /// - the delay is over
    /// - `to` accepts the transfer
    function withdraw(address provider, address to) external;

    /// @notice Say what one model costs here.
    /// @dev Emits {Offered}. The engine keeps the terms; bookings made before keep theirs.
    ///
    /// Requirements:
    /// - the caller is registered
    /// - the model has a name; `minMaxGasPrice` and `maxCallbackGas` are not zero; 12 s <= `minWindow` <= 1 day
    ///
    /// @param model `name@revision`; its keccak256 is the model id.
    function offer(string calldata model, Offer calldata terms) external;

    /// @notice Take a model off.
    /// @dev Emits {OfferWithdrawn}.
    function withdrawOffer(bytes32 modelId) external;

    /// @notice Start or stop taking new work.
    /// @dev Emits {ServingChanged}. Open runs are unaffected.
    ///
    /// Requirements (to start):
    /// - the caller is whitelisted, and its stake is at least the minimum
    function serve(bool serving) external;

    /// @notice Let `provider` serve after the delay.
    /// @dev Emits {Whitelisted}.
    ///
    /// Requirements:
    /// - the caller is the governor; the provider is registered and not whitelisted
    function whitelist(address provider) external;

    /// @notice Take `provider` off the whitelist at once.
    /// @dev Emits {Delisted} and {ServingChanged}. Its stake and earnings stay its own.
    ///
    /// Requirements:
    /// - the caller is the governor; the provider is registered
    function delist(address provider) external;

    /// @notice Take one penalty from a provider that missed a run.
    /// @dev Emits {Slashed}; where less than the minimum stays, also {ServingChanged}.
    ///
    /// Notes:
    /// - [REG-3] a tenth is the keeper's bounty, up to four tenths repay the owner's gas, the rest is burned
    ///
    /// Requirements:
    /// - the caller is Everloop
    ///
    /// @param provider Who missed.
    /// @param ownerCost wei that the miss cost the job's owner.
    /// @return bounty wei sent to Everloop for the keeper
    /// @return repaid wei sent to Everloop for the owner
    function slash(address provider, uint256 ownerCost) external returns (uint256 bounty, uint256 repaid);

    /// @notice The record of `provider`.
    function providerOf(address provider) external view returns (Provider memory);

    /// @notice How many providers are registered.
    function providerCount() external view returns (uint256);

    /// @notice Providers in order of registration, from `start`, at most `count`.
    function providers(uint256 start, uint256 count) external view returns (address[] memory);

    /// @notice Whether `provider` is whitelisted now.
    function isWhitelisted(address provider) external view returns (bool);

    /// @notice Who whitelists; it can touch no user's money.
    function governor() external view returns (address);

    /// @notice wei that each open inference binds and one miss costs.
    function PENALTY() external view returns (uint256);
}
