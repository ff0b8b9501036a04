// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

import {ILedger} from "../interfaces/ILedger.sol";
import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {IStakeBook} from "../interfaces/IStakeBook.sol";
import {Unbonding} from "../types/Unbonding.sol";

/// @title StakeBook
abstract contract StakeBook is IStakeBook {
    /// One provider as it is stored.
    struct Entry {
        /// The first slot is all that choosing among candidates reads.
        uint96 bonded;
        uint40 whitelistedAt;
        uint16 disputes;
        bool serving;
        address owner;
        address proposed;
        /// Zero = the owner.
        address payout;
        Unbonding unbonding;
    }

    /// @inheritdoc IStakeBook
    uint256 public constant PENALTY = 0.01 ether;
    /// @inheritdoc IStakeBook
    /// @dev Ten penalties. A provider that falls below it stops serving until it is topped up.
    uint256 public constant MIN_STAKE = 0.1 ether;
    /// @inheritdoc IStakeBook
    /// @dev Longer than any run is open: 7 days to its due time and a window of 1 day.
    uint256 public constant UNBOND_DELAY = 14 days;
    /// @inheritdoc IStakeBook
    /// @dev Half the delay: a fault found within a week of it can be disputed for a week before any stake is released.
    uint256 public constant DISPUTE_TIME = 7 days;

    /// @inheritdoc IStakeBook
    address public immutable EVERLOOP;

    mapping(address provider => Entry entry) internal _entries;
    address[] private _list;

    modifier registered(address provider) {
        _requireRegistered(provider);
        _;
    }

    modifier onlyOwnerOf(address provider) {
        _requireRegistered(provider);
        _requireOwner(provider);
        _;
    }

    /// @inheritdoc IStakeBook
    function register(address owner_) external {
        require(owner_ != address(0), Registry_ZeroAddress());
        require(_entries[msg.sender].owner == address(0), Registry_AlreadyRegistered(msg.sender));

        _entries[msg.sender].owner = owner_;
        _list.push(msg.sender);
        emit ProviderRegistered(msg.sender, owner_);
    }

    /// @inheritdoc IStakeBook
    function proposeOwner(address provider, address proposed) external onlyOwnerOf(provider) {
        _entries[provider].proposed = proposed;
        emit OwnerProposed(provider, msg.sender, proposed);
    }

    /// @inheritdoc IStakeBook
    function acceptOwner(address provider) external {
        Entry storage entry = _entries[provider];
        address proposed = entry.proposed;
        require(msg.sender == proposed, Registry_NotProposed(provider, proposed, msg.sender));

        emit OwnerChanged(provider, entry.owner, proposed);
        emit PayoutChanged(provider, proposed);
        (entry.owner, entry.proposed, entry.payout) = (proposed, address(0), address(0));
    }

    /// @inheritdoc IStakeBook
    function setPayout(address provider, address payout) external onlyOwnerOf(provider) {
        _entries[provider].payout = payout;
        emit PayoutChanged(provider, _payoutOf(_entries[provider]));
    }

    /// @inheritdoc IStakeBook
    function stake(address provider) external payable registered(provider) {
        Entry storage entry = _entries[provider];
        // All ether there is fits 96 bits.
        entry.bonded += uint96(msg.value);
        emit Staked(provider, msg.sender, msg.value);
        _sync(provider, entry.serving);
    }

    /// @inheritdoc IStakeBook
    function unbond(address provider, uint96 amount) external onlyOwnerOf(provider) {
        Entry storage entry = _entries[provider];

        // Check: open work stays backed. [REG-2]
        require(amount != 0, Registry_ZeroAmount());
        uint256 required = _backing(provider) + amount;
        require(entry.bonded >= required, Registry_StakeTooSmall(provider, entry.bonded, required));

        // Effect: its delay begins, and nobody else's changes but that of the part it joins.
        uint40 releasedAt = uint40(block.timestamp + UNBOND_DELAY);
        entry.bonded -= amount;
        entry.unbonding = entry.unbonding.asOf(block.timestamp).added(amount, releasedAt);
        emit Unbonded(provider, amount, releasedAt);
        _sync(provider, entry.serving);
    }

    /// @inheritdoc IStakeBook
    function withdraw(address provider) external registered(provider) {
        Entry storage entry = _entries[provider];
        Unbonding memory leaving = entry.unbonding.asOf(block.timestamp);

        // Check: released, and not all held.
        require(leaving.released != 0, Registry_StillBonded(provider, leaving.firstAt, block.timestamp));
        uint96 held = _heldOf(provider, leaving);
        uint96 amount = leaving.released - held;
        require(amount != 0, Registry_StakeHeld(provider, leaving.released, held));

        // Effect.
        leaving.released = held;
        entry.unbonding = leaving;
        address to = _payoutOf(entry);
        emit StakeWithdrawn(provider, to, amount);

        // Interaction: nothing that the receiver returns is copied.
        _send(to, amount);
    }

    /// @inheritdoc IStakeBook
    function providerOf(address provider) external view returns (Provider memory) {
        Entry storage entry = _entries[provider];
        Unbonding memory leaving = entry.unbonding;
        return Provider({
            owner: entry.owner,
            bonded: entry.bonded,
            unbonding: uint96(leaving.total()),
            releasedAt: leaving.lastAt(),
            whitelistedAt: entry.whitelistedAt,
            serving: entry.serving
        });
    }

    /// @inheritdoc IStakeBook
    function rolesOf(address provider) external view returns (address owner_, address proposed, address payout) {
        Entry storage entry = _entries[provider];
        return (entry.owner, entry.proposed, _payoutOf(entry));
    }

    /// @inheritdoc IStakeBook
    function unbondingOf(address provider) external view returns (Unbonding memory) {
        return _entries[provider].unbonding.asOf(block.timestamp);
    }

    /// @inheritdoc IStakeBook
    function withdrawableOf(address provider) external view returns (uint256) {
        Unbonding memory leaving = _entries[provider].unbonding.asOf(block.timestamp);
        return leaving.released - _heldOf(provider, leaving);
    }

    /// @inheritdoc IStakeBook
    function providerCount() external view returns (uint256) {
        return _list.length;
    }

    /// @inheritdoc IStakeBook
    function providers(uint256 start, uint256 count) external view returns (address[] memory page) {
        uint256 end =
            start >= _list.length ? start : start + (count < _list.length - start ? count : _list.length - start);
        page = new address[](end - start);
        for (uint256 i = start; i < end; ++i) {
            page[i - start] = _list[i];
        }
    }

    /// @dev Effect: take up to one penalty, what is bonded first; less than it where there is not enough.
    function _takeBonded(Entry storage entry) internal returns (uint256 taken) {
        taken = _lower(entry, PENALTY);
        if (taken < PENALTY) taken += _takeLeaving(entry, PENALTY - taken);
    }

    /// @dev Effect: take up to one penalty, what is leaving first.
    function _takeLeavingFirst(Entry storage entry) internal returns (uint256 taken) {
        taken = _takeLeaving(entry, PENALTY);
        if (taken < PENALTY) taken += _lower(entry, PENALTY - taken);
    }

    /// @dev Stop who falls below the minimum, and mirror to the engine how much work the stake covers.
    function _sync(address provider, bool serving) internal {
        Entry storage entry = _entries[provider];
        if (entry.bonded < MIN_STAKE) serving = false;
        if (entry.serving != serving) {
            entry.serving = serving;
            emit ServingChanged(provider, serving);
        } else if (!serving) {
            return;
        }
        IOfferBook(EVERLOOP).setCapacity(provider, serving ? _covered(entry) : 0);
    }

    function _send(address to, uint256 amount) internal {
        require(LowLevelCall.callNoReturn(to, amount, ""), Registry_TransferFailed(to, amount));
    }

    function _requireRegistered(address provider) internal view {
        require(_entries[provider].owner != address(0), Registry_NotRegistered(provider));
    }

    /// @dev wei of stake that open work binds.
    function _backing(address provider) private view returns (uint256) {
        return uint256(ILedger(EVERLOOP).accountOf(provider).open()) * PENALTY;
    }

    /// @dev wei of released stake that open disputes hold: what no other stake covers, and not for longer than a dispute that
    /// was opened before the release can last. So no slasher freezes a stake for ever.
    function _heldOf(address provider, Unbonding memory leaving) private view returns (uint96) {
        Entry storage entry = _entries[provider];
        if (entry.disputes == 0 || block.timestamp >= leaving.releasedAt + DISPUTE_TIME) return 0;
        uint256 covered = uint256(leaving.first) + leaving.second;
        uint256 backing = _backing(provider);
        if (entry.bonded > backing) covered += entry.bonded - backing;
        uint256 disputed = entry.disputes * PENALTY;
        if (covered >= disputed) return 0;
        uint256 held = disputed - covered;
        return held < leaving.released ? uint96(held) : leaving.released;
    }

    function _payoutOf(Entry storage entry) private view returns (address) {
        return entry.payout == address(0) ? entry.owner : entry.payout;
    }

    /// @dev Inferences that the bonded stake covers: one a penalty, and none for what disputes hold.
    function _covered(Entry storage entry) private view returns (uint16) {
        uint256 covered = entry.bonded / PENALTY;
        covered = covered < entry.disputes ? 0 : covered - entry.disputes;
        return covered < type(uint16).max ? uint16(covered) : type(uint16).max;
    }

    function _requireOwner(address provider) private view {
        address owner_ = _entries[provider].owner;
        require(msg.sender == owner_, Registry_NotOwner(provider, owner_, msg.sender));
    }

    /// @dev Effect: take up to `amount` of what is bonded.
    function _lower(Entry storage entry, uint256 amount) private returns (uint256 taken) {
        taken = entry.bonded < amount ? entry.bonded : amount;
        entry.bonded -= uint96(taken);
    }

    /// @dev Effect: take up to `amount` of what is leaving.
    function _takeLeaving(Entry storage entry, uint256 amount) private returns (uint256 taken) {
        Unbonding memory leaving = entry.unbonding.asOf(block.timestamp);
        (leaving, taken) = leaving.taken(amount);
        if (taken != 0) entry.unbonding = leaving;
    }
}
