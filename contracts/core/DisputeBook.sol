// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {StakeBook} from "./StakeBook.sol";
import {IDisputeBook} from "../interfaces/IDisputeBook.sol";
import {ILedger} from "../interfaces/ILedger.sol";

/// @title DisputeBook
abstract contract DisputeBook is StakeBook, Ownable2Step, IDisputeBook {
    /// What a slasher has opened against one provider.
    struct Quota {
        /// Unix seconds at which it begins anew.
        uint40 until;
        /// Disputes opened since it began.
        uint8 opened;
    }

    /// @inheritdoc IDisputeBook
    /// @dev 8 days for open work to end, 14 for the stake to be released, and 8 to notice.
    uint256 public constant LISTING_DELAY = 30 days;
    /// @inheritdoc IDisputeBook
    /// @dev One for each way to verify, and room for their successors.
    uint256 public constant MAX_SLASHERS = 8;
    /// @inheritdoc IDisputeBook
    /// @dev Half the minimum stake: a wrong slasher alone does not end the smallest provider before it can leave.
    uint256 public constant MAX_DISPUTES = 5;
    /// The bounty's share of a penalty: a tenth.
    uint256 private constant BOUNTY_DIVISOR = 10;

    mapping(address slasher => uint40 from) private _slashers;
    mapping(address slasher => mapping(address provider => Quota quota)) private _quotas;
    mapping(uint256 id => Dispute dispute) private _disputes;
    uint256 private _slasherCount;
    uint256 private _lastDispute;

    /// @inheritdoc IDisputeBook
    function listSlasher(address slasher) external onlyOwner {
        require(slasher.code.length != 0, Registry_NotAContract(slasher));
        require(_slashers[slasher] == 0, Registry_AlreadyListed(slasher));
        require(_slasherCount < MAX_SLASHERS, Registry_TooManySlashers(MAX_SLASHERS));

        ++_slasherCount;
        uint40 from = uint40(block.timestamp + LISTING_DELAY);
        _slashers[slasher] = from;
        emit SlasherListed(slasher, from);
    }

    /// @inheritdoc IDisputeBook
    function unlistSlasher(address slasher) external onlyOwner {
        require(_slashers[slasher] != 0, Registry_NotSlasher(slasher, 0, block.timestamp));

        --_slasherCount;
        _slashers[slasher] = 0;
        emit SlasherUnlisted(slasher);
    }

    /// @inheritdoc IDisputeBook
    function openDispute(address provider) external registered(provider) returns (uint256 id) {
        // Check: a slasher, within its quota, and stake that is not held yet.
        _requireSlasher();
        Quota memory quota = _quotas[msg.sender][provider];
        if (block.timestamp >= quota.until) quota = Quota(uint40(block.timestamp + UNBOND_DELAY), 0);
        require(quota.opened < MAX_DISPUTES, Registry_TooManyDisputes(msg.sender, provider, quota.until));
        Entry storage entry = _entries[provider];
        uint256 stake_ = entry.bonded + entry.unbonding.total();
        uint256 required = (uint256(entry.disputes) + 1) * PENALTY;
        require(stake_ >= required, Registry_NothingToHold(provider, stake_, required));

        // Effect: a lien; nothing moves.
        ++quota.opened;
        _quotas[msg.sender][provider] = quota;
        ++entry.disputes;
        id = ++_lastDispute;
        uint40 lapsesAt = uint40(block.timestamp + DISPUTE_TIME);
        _disputes[id] = Dispute(provider, lapsesAt, msg.sender);
        emit DisputeOpened(id, provider, msg.sender, lapsesAt);
        _sync(provider, entry.serving);
    }

    /// @inheritdoc IDisputeBook
    function closeDispute(uint256 id) external {
        Dispute memory dispute = _requireDispute(id);
        bool isVoid = block.timestamp >= dispute.lapsesAt || _slashers[dispute.slasher] == 0;
        require(isVoid || msg.sender == dispute.slasher, Registry_DisputeOpen(id, dispute.lapsesAt, block.timestamp));

        _end(id, dispute.provider);
        emit DisputeClosed(id, dispute.provider, dispute.slasher);
        _sync(dispute.provider, _entries[dispute.provider].serving);
    }

    /// @inheritdoc IDisputeBook
    function slashDispute(uint256 id, address finder, address harmed, uint256 cost)
        external
        returns (uint256 bounty, uint256 repaid)
    {
        // Check: its slasher, still listed, in time.
        Dispute memory dispute = _requireDispute(id);
        require(msg.sender == dispute.slasher, Registry_NotDisputant(id, dispute.slasher, msg.sender));
        _requireSlasher();
        require(block.timestamp < dispute.lapsesAt, Registry_DisputeLapsed(id, dispute.lapsesAt, block.timestamp));
        require(finder != address(0) && harmed != address(0), Registry_ZeroAddress());

        // Effect: take the penalty that was held.
        _end(id, dispute.provider);
        emit DisputeUpheld(id, dispute.provider, dispute.slasher, finder, harmed);
        (bounty, repaid) = _split(dispute.provider, _takeLeavingFirst(_entries[dispute.provider]), cost);

        // Interaction: credit both; neither is called.
        ILedger(EVERLOOP).deposit{value: bounty}(finder);
        ILedger(EVERLOOP).deposit{value: repaid}(harmed);
    }

    /// @inheritdoc IDisputeBook
    function slash(address provider, uint256 ownerCost) external returns (uint256 bounty, uint256 repaid) {
        require(msg.sender == EVERLOOP, Registry_NotEverloop(msg.sender));

        // Effect: take the penalty.
        (bounty, repaid) = _split(provider, _takeBonded(_entries[provider]), ownerCost);

        // Interaction: Everloop credits keeper and owner.
        _send(EVERLOOP, bounty + repaid);
    }

    /// @inheritdoc IDisputeBook
    function disputeOf(uint256 id) external view returns (Dispute memory) {
        return _disputes[id];
    }

    /// @inheritdoc IDisputeBook
    function disputesOf(address provider) external view returns (uint256) {
        return _entries[provider].disputes;
    }

    /// @inheritdoc IDisputeBook
    function slasherFrom(address slasher) external view returns (uint40) {
        return _slashers[slasher];
    }

    /// @dev Effect: the one split of what was taken. The burned part stays here for ever, claimed by nobody. [REG-3]
    function _split(address provider, uint256 taken, uint256 cost) private returns (uint256 bounty, uint256 repaid) {
        bounty = taken / BOUNTY_DIVISOR;
        uint256 mostRepaid = taken / 2 - bounty;
        repaid = cost < mostRepaid ? cost : mostRepaid;
        emit Slashed(provider, bounty, repaid, taken - bounty - repaid);
        _sync(provider, _entries[provider].serving);
    }

    /// @dev Effect: a dispute holds no more.
    function _end(uint256 id, address provider) private {
        delete _disputes[id];
        --_entries[provider].disputes;
    }

    function _requireSlasher() private view {
        uint40 from = _slashers[msg.sender];
        require(from != 0 && block.timestamp >= from, Registry_NotSlasher(msg.sender, from, block.timestamp));
    }

    function _requireDispute(uint256 id) private view returns (Dispute memory dispute) {
        dispute = _disputes[id];
        require(dispute.provider != address(0), Registry_NoDispute(id));
    }
}
