// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {AttestationBook} from "./AttestationBook.sol";
import {CandidateBook} from "./CandidateBook.sol";
import {DisputeBook} from "./DisputeBook.sol";
import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";

/// @title ProviderRegistry
contract ProviderRegistry is IProviderRegistry, DisputeBook, CandidateBook, AttestationBook {
    /// A governor cannot lock newcomers out by an endless delay.
    uint256 public constant MAX_WHITELIST_DELAY = 30 days;

    /// @inheritdoc IProviderRegistry
    uint256 public immutable WHITELIST_DELAY;

    /// @param everloop The engine; it must name this contract as its registry.
    /// @param governor_ Who whitelists and lists slashers; it can touch no user's money.
    /// @param whitelistDelay s
    constructor(address everloop, address governor_, uint256 whitelistDelay) Ownable(governor_) {
        require(everloop != address(0), Registry_ZeroAddress());
        require(whitelistDelay <= MAX_WHITELIST_DELAY, Registry_DelayTooLong(whitelistDelay, MAX_WHITELIST_DELAY));
        EVERLOOP = everloop;
        WHITELIST_DELAY = whitelistDelay;
    }

    /// @inheritdoc IProviderRegistry
    function serve(bool serving) external registered(msg.sender) {
        if (serving) {
            Entry storage entry = _entries[msg.sender];
            require(
                isWhitelisted(msg.sender), Registry_NotWhitelisted(msg.sender, entry.whitelistedAt, block.timestamp)
            );
            require(entry.bonded >= MIN_STAKE, Registry_StakeTooSmall(msg.sender, entry.bonded, MIN_STAKE));
        }
        _sync(msg.sender, serving);
    }

    /// @inheritdoc IProviderRegistry
    function whitelist(address provider) external onlyOwner registered(provider) {
        require(_entries[provider].whitelistedAt == 0, Registry_AlreadyWhitelisted(provider));
        uint40 from = uint40(block.timestamp + WHITELIST_DELAY);
        _entries[provider].whitelistedAt = from;
        emit Whitelisted(provider, from);
    }

    /// @inheritdoc IProviderRegistry
    function delist(address provider) external onlyOwner registered(provider) {
        _entries[provider].whitelistedAt = 0;
        emit Delisted(provider);
        _sync(provider, false);
    }

    /// @inheritdoc IProviderRegistry
    function governor() external view returns (address) {
        return owner();
    }

    /// @inheritdoc IProviderRegistry
    function isWhitelisted(address provider) public view returns (bool) {
        uint40 from = _entries[provider].whitelistedAt;
        return from != 0 && block.timestamp >= from;
    }
}
