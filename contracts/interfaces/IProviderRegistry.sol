// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAttestationBook} from "./IAttestationBook.sol";
import {ICandidateBook} from "./ICandidateBook.sol";
import {IDisputeBook} from "./IDisputeBook.sol";
import {IStakeBook} from "./IStakeBook.sol";

/// @notice Who may sell inference, with what stake, which models, at which price.
/// @dev Notes: the governor decides who may serve and which contracts may slash; it can touch nobody's money, and no exit.
/// [REG-1] stakes bonded and unbonding never exceed the ETH held. [REG-2] stake behind open work cannot leave. [REG-3]
/// nobody profits from slashing beyond the bounty. [REG-4] the gas of any call is bounded, whatever others register.
interface IProviderRegistry is IStakeBook, IDisputeBook, ICandidateBook, IAttestationBook {
    /// @notice Emitted when `provider` may serve from `from` on.
    event Whitelisted(address indexed provider, uint40 from);

    /// @notice Emitted when `provider` may serve no more.
    event Delisted(address indexed provider);

    /// @notice The provider is whitelisted already.
    error Registry_AlreadyWhitelisted(address provider);
    /// @notice The provider is not whitelisted, or only from `from` on (zero = not at all).
    error Registry_NotWhitelisted(address provider, uint40 from, uint256 time);
    /// @notice A governor cannot lock newcomers out by an endless delay.
    error Registry_DelayTooLong(uint256 value, uint256 limit);

    /// @notice Start or stop taking new work.
    /// @dev Emits {ServingChanged}. Open runs are unaffected.
    ///
    /// Requirements:
    /// - the caller is registered
    /// - to start, it is whitelisted and its bonded stake is at least the minimum
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

    /// @notice Whether `provider` is whitelisted now.
    function isWhitelisted(address provider) external view returns (bool);

    /// @notice Who whitelists and lists slashers; it hands over in two steps.
    function governor() external view returns (address);

    /// @notice Seconds from whitelisting until a provider may serve.
    function WHITELIST_DELAY() external view returns (uint256);
}
