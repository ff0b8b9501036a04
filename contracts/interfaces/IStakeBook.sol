// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Unbonding} from "../types/Unbonding.sol";

/// @notice Providers and their stakes.
/// @dev Notes: three roles that may be three accounts. The account earns and answers; the owner holds the stake; payout is
/// where the stake goes. [REG-1] bonded + unbonding <= ETH held. [REG-2] stake behind open work cannot leave.
interface IStakeBook {
    /// @notice One provider.
    struct Provider {
        /// Who may take the stake out; the account itself earns and answers.
        address owner;
        /// wei that back open work.
        uint96 bonded;
        /// wei on their way out; they can still be slashed.
        uint96 unbonding;
        /// Unix seconds from which all of the unbonding part is released.
        uint40 releasedAt;
        /// Unix seconds from which the whitelisting holds; 0 = not whitelisted.
        uint40 whitelistedAt;
        /// Whether the provider wants work.
        bool serving;
    }

    /// @notice Emitted when `provider` registers.
    event ProviderRegistered(address indexed provider, address indexed owner);

    /// @notice Emitted when the owner names `proposed` to follow; zero takes that back.
    event OwnerProposed(address indexed provider, address indexed owner, address indexed proposed);

    /// @notice Emitted when the stake changes hands.
    event OwnerChanged(address indexed provider, address indexed from, address indexed to);

    /// @notice Emitted when the stake will go to `payout`.
    event PayoutChanged(address indexed provider, address indexed payout);

    /// @notice Emitted when `from` adds `amount` wei.
    event Staked(address indexed provider, address indexed from, uint256 amount);

    /// @notice Emitted when `amount` wei begin to leave; they, and what joined them, are released at `releasedAt`.
    event Unbonded(address indexed provider, uint256 amount, uint40 releasedAt);

    /// @notice Emitted when `amount` wei have left to `to`.
    event StakeWithdrawn(address indexed provider, address indexed to, uint256 amount);

    /// @notice Emitted when the provider starts or stops taking work.
    event ServingChanged(address indexed provider, bool serving);

    /// @notice The account is a provider already.
    error Registry_AlreadyRegistered(address provider);
    /// @notice The account is no provider.
    error Registry_NotRegistered(address provider);
    /// @notice Only the owner disposes of the stake.
    error Registry_NotOwner(address provider, address owner, address caller);
    /// @notice Only who was proposed may accept.
    error Registry_NotProposed(address provider, address proposed, address caller);
    /// @notice An account is needed here.
    error Registry_ZeroAddress();
    /// @notice An amount is needed here.
    error Registry_ZeroAmount();
    /// @notice The bonded stake is smaller than what it must cover.
    error Registry_StakeTooSmall(address provider, uint256 bonded, uint256 required);
    /// @notice Nothing is released before `releasedAt`; zero where nothing is on its way.
    error Registry_StillBonded(address provider, uint40 releasedAt, uint256 time);
    /// @notice Open disputes hold all that is released.
    error Registry_StakeHeld(address provider, uint256 released, uint256 held);
    /// @notice `to` did not take the ETH.
    error Registry_TransferFailed(address to, uint256 amount);

    /// @notice Become a provider: the caller is the account that answers and earns.
    /// @dev Emits {ProviderRegistered}.
    ///
    /// Requirements:
    /// - `owner` is not zero; the caller is not registered
    ///
    /// @param owner Who may take the stake out.
    function register(address owner) external;

    /// @notice Name who is to own the stake.
    /// @dev Emits {OwnerProposed}. Nothing changes until {acceptOwner}.
    ///
    /// Requirements:
    /// - the provider is registered; the caller is its owner
    ///
    /// @param proposed The next owner; zero takes a proposal back.
    function proposeOwner(address provider, address proposed) external;

    /// @notice Become the owner of a stake; it will be paid to the new owner.
    /// @dev Emits {OwnerChanged} and {PayoutChanged}.
    ///
    /// Requirements:
    /// - the caller is who the owner proposed
    function acceptOwner(address provider) external;

    /// @notice Say where the stake goes when it leaves.
    /// @dev Emits {PayoutChanged}.
    ///
    /// Requirements:
    /// - the provider is registered; the caller is its owner
    ///
    /// @param payout Receiver; zero means the owner.
    function setPayout(address provider, address payout) external;

    /// @notice Add the sent ETH to the stake of `provider`.
    /// @dev Emits {Staked}. Anyone may; it delays no withdrawal.
    ///
    /// Requirements:
    /// - the provider is registered
    function stake(address provider) external payable;

    /// @notice Begin to take stake out.
    /// @dev Emits {Unbonded}; where less than the minimum stays, also {ServingChanged}.
    ///
    /// Notes:
    /// - it leaves after {UNBOND_DELAY}; where two other parts are on their way, it joins the newer, so that a part leaves
    ///   after two delays at most, never before one
    ///
    /// Requirements:
    /// - the provider is registered; the caller is its owner; `amount` is not zero
    /// - what stays covers the penalty of every open inference [REG-2]
    ///
    /// @param amount wei
    function unbond(address provider, uint96 amount) external;

    /// @notice Pay out what has been released, but for what open disputes hold. Anyone may call.
    /// @dev Emits {StakeWithdrawn}.
    ///
    /// Notes:
    /// - disputes hold a released part for the time of one dispute at most, whoever opens how many
    ///
    /// Requirements:
    /// - the provider is registered
    /// - something is released, and not all of it held
    /// - the receiver accepts the transfer
    function withdraw(address provider) external;

    /// @notice The record of `provider`.
    function providerOf(address provider) external view returns (Provider memory);

    /// @notice Who disposes of the stake of `provider`, who is to follow (zero = nobody), and where it goes.
    function rolesOf(address provider) external view returns (address owner, address proposed, address payout);

    /// @notice What is on its way out at this time.
    function unbondingOf(address provider) external view returns (Unbonding memory);

    /// @notice What {withdraw} pays out now, in wei.
    function withdrawableOf(address provider) external view returns (uint256);

    /// @notice How many providers are registered.
    function providerCount() external view returns (uint256);

    /// @notice Providers in order of registration, from `start`, at most `count`.
    function providers(uint256 start, uint256 count) external view returns (address[] memory);

    /// @notice wei that each open inference binds, that a dispute holds, and that either costs when it is lost.
    function PENALTY() external view returns (uint256);

    /// @notice wei of bonded stake without which nobody serves.
    function MIN_STAKE() external view returns (uint256);

    /// @notice Seconds until unbonded stake is released.
    function UNBOND_DELAY() external view returns (uint256);

    /// @notice Seconds that a dispute may stay open.
    function DISPUTE_TIME() external view returns (uint256);

    /// @notice The engine whose work the stakes back.
    function EVERLOOP() external view returns (address);
}
