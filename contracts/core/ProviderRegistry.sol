// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {ILedger} from "../interfaces/ILedger.sol";
import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";
import {Offer} from "../types/Offer.sol";

/// @title ProviderRegistry
contract ProviderRegistry is IProviderRegistry, Ownable2Step {
    /// @inheritdoc IProviderRegistry
    uint256 public constant PENALTY = 0.01 ether;
    /// Ten penalties. A provider that falls below it stops serving until it is topped up.
    uint256 public constant MIN_STAKE = 0.1 ether;
    /// Longer than any run is open: 7 days to its due time and a window of 1 day.
    uint256 public constant UNBOND_DELAY = 14 days;
    /// A governor cannot lock newcomers out by an endless delay.
    uint256 public constant MAX_WHITELIST_DELAY = 30 days;
    /// A block of the slowest chain served: in a shorter window nobody could answer, and every booking would be a trap.
    uint256 private constant LEAST_WINDOW = 12 seconds;
    /// An offer cannot ask for longer windows than a booking may have.
    uint256 private constant MAX_MIN_WINDOW = 1 days;
    /// The keeper's share of a penalty: a tenth.
    uint256 private constant BOUNTY_DIVISOR = 10;

    /// @notice The engine whose work the stakes back.
    address public immutable EVERLOOP;
    /// @notice Seconds from whitelisting until a provider may serve.
    uint256 public immutable WHITELIST_DELAY;

    mapping(address provider => Provider record) private _records;
    address[] private _list;

    modifier registered(address provider) {
        require(_records[provider].owner != address(0), Registry_NotRegistered(provider));
        _;
    }

    /// @param everloop The engine; it must name this contract as its registry.
    /// @param governor_ Who whitelists; it can touch no user's money.
    /// @param whitelistDelay s
    constructor(address everloop, address governor_, uint256 whitelistDelay) Ownable(governor_) {
        require(everloop != address(0), Registry_ZeroAddress());
        require(whitelistDelay <= MAX_WHITELIST_DELAY, Registry_DelayTooLong(whitelistDelay, MAX_WHITELIST_DELAY));
        EVERLOOP = everloop;
        WHITELIST_DELAY = whitelistDelay;
    }

    /// @inheritdoc IProviderRegistry
    function register(address owner_) external {
        require(owner_ != address(0), Registry_ZeroAddress());
        require(_records[msg.sender].owner == address(0), Registry_AlreadyRegistered(msg.sender));

        _records[msg.sender].owner = owner_;
        _list.push(msg.sender);
        emit ProviderRegistered(msg.sender, owner_);
    }

    /// @inheritdoc IProviderRegistry
    function stake(address provider) external payable registered(provider) {
        _records[provider].bonded += uint96(msg.value);
        emit Staked(provider, msg.sender, msg.value);
        _sync(provider, _records[provider].serving);
    }

    /// @inheritdoc IProviderRegistry
    function unbond(address provider, uint96 amount) external registered(provider) {
        Provider storage record = _records[provider];

        // Check: open work stays backed. [REG-2]
        require(msg.sender == record.owner, Registry_NotOwner(provider, record.owner, msg.sender));
        uint256 required = uint256(ILedger(EVERLOOP).accountOf(provider).open()) * PENALTY + amount;
        require(record.bonded >= required, Registry_StakeTooSmall(provider, record.bonded, required));

        // Effect: the delay runs anew for all that is on its way out.
        record.bonded -= amount;
        record.unbonding += amount;
        record.releasedAt = uint40(block.timestamp + UNBOND_DELAY);
        emit Unbonded(provider, amount, record.releasedAt);
        _sync(provider, record.serving);
    }

    /// @inheritdoc IProviderRegistry
    function withdraw(address provider, address to) external registered(provider) {
        Provider storage record = _records[provider];

        // Check: the owner, after the delay.
        require(msg.sender == record.owner, Registry_NotOwner(provider, record.owner, msg.sender));
        require(
            block.timestamp >= record.releasedAt, Registry_StillBonded(provider, record.releasedAt, block.timestamp)
        );

        // Effect.
        uint256 amount = record.unbonding;
        record.unbonding = 0;
        emit StakeWithdrawn(provider, to, amount);

        // Interaction.
        _send(to, amount);
    }

    /// @inheritdoc IProviderRegistry
    function offer(string calldata model, Offer calldata terms) external registered(msg.sender) {
        require(bytes(model).length != 0, Registry_BadOffer("model", 0, 1));
        require(terms.minMaxGasPrice != 0, Registry_BadOffer("minMaxGasPrice", 0, 1));
        require(terms.maxCallbackGas != 0, Registry_BadOffer("maxCallbackGas", 0, 1));
        require(terms.minWindow >= LEAST_WINDOW, Registry_BadOffer("minWindow", terms.minWindow, LEAST_WINDOW));
        require(terms.minWindow <= MAX_MIN_WINDOW, Registry_BadOffer("minWindow", terms.minWindow, MAX_MIN_WINDOW));

        bytes32 modelId = keccak256(bytes(model));
        emit Offered(msg.sender, modelId, model, terms);
        IOfferBook(EVERLOOP).setOffer(msg.sender, modelId, terms);
    }

    /// @inheritdoc IProviderRegistry
    function withdrawOffer(bytes32 modelId) external {
        Offer memory none;
        emit OfferWithdrawn(msg.sender, modelId);
        IOfferBook(EVERLOOP).setOffer(msg.sender, modelId, none);
    }

    /// @inheritdoc IProviderRegistry
    function serve(bool serving) external registered(msg.sender) {
        Provider storage record = _records[msg.sender];
        if (serving) {
            require(
                isWhitelisted(msg.sender), Registry_NotWhitelisted(msg.sender, record.whitelistedAt, block.timestamp)
            );
            require(record.bonded >= MIN_STAKE, Registry_StakeTooSmall(msg.sender, record.bonded, MIN_STAKE));
        }
        _sync(msg.sender, serving);
    }

    /// @inheritdoc IProviderRegistry
    function whitelist(address provider) external onlyOwner registered(provider) {
        require(_records[provider].whitelistedAt == 0, Registry_AlreadyWhitelisted(provider));
        uint40 from = uint40(block.timestamp + WHITELIST_DELAY);
        _records[provider].whitelistedAt = from;
        emit Whitelisted(provider, from);
    }

    /// @inheritdoc IProviderRegistry
    function delist(address provider) external onlyOwner registered(provider) {
        _records[provider].whitelistedAt = 0;
        emit Delisted(provider);
        _sync(provider, false);
    }

    /// @inheritdoc IProviderRegistry
    function slash(address provider, uint256 ownerCost) external returns (uint256 bounty, uint256 repaid) {
        require(msg.sender == EVERLOOP, Registry_NotEverloop(msg.sender));

        // Effect: take the penalty, first from what is bonded, then from what is leaving.
        uint256 taken = _take(_records[provider]);
        bounty = taken / BOUNTY_DIVISOR;
        uint256 mostRepaid = taken / 2 - bounty;
        repaid = ownerCost < mostRepaid ? ownerCost : mostRepaid;
        emit Slashed(provider, bounty, repaid, taken - bounty - repaid);
        _sync(provider, _records[provider].serving);

        // Interaction: the rest stays here for ever, claimed by nobody.
        _send(EVERLOOP, bounty + repaid);
    }

    /// @inheritdoc IProviderRegistry
    function governor() external view returns (address) {
        return owner();
    }

    /// @inheritdoc IProviderRegistry
    function providerOf(address provider) external view returns (Provider memory) {
        return _records[provider];
    }

    /// @inheritdoc IProviderRegistry
    function providerCount() external view returns (uint256) {
        return _list.length;
    }

    /// @inheritdoc IProviderRegistry
    function providers(uint256 start, uint256 count) external view returns (address[] memory page) {
        uint256 end =
            start >= _list.length ? start : start + (count < _list.length - start ? count : _list.length - start);
        page = new address[](end - start);
        for (uint256 i = start; i < end; ++i) {
            page[i - start] = _list[i];
        }
    }

    /// @inheritdoc IProviderRegistry
    function isWhitelisted(address provider) public view returns (bool) {
        uint40 from = _records[provider].whitelistedAt;
        return from != 0 && block.timestamp >= from;
    }

    /// @dev Effects of one penalty; less than it where there is not enough.
    function _take(Provider storage record) private returns (uint256 taken) {
        uint96 fromBonded = record.bonded < PENALTY ? record.bonded : uint96(PENALTY);
        uint96 missing = uint96(PENALTY) - fromBonded;
        uint96 fromUnbonding = record.unbonding < missing ? record.unbonding : missing;
        record.bonded -= fromBonded;
        record.unbonding -= fromUnbonding;
        return uint256(fromBonded) + fromUnbonding;
    }

    /// @dev Stop who falls below the minimum, and mirror to the engine how much work the stake covers.
    function _sync(address provider, bool serving) private {
        Provider storage record = _records[provider];
        if (record.bonded < MIN_STAKE) serving = false;
        if (record.serving != serving) {
            record.serving = serving;
            emit ServingChanged(provider, serving);
        } else if (!serving) {
            return;
        }
        uint256 covered = serving ? record.bonded / PENALTY : 0;
        IOfferBook(EVERLOOP).setCapacity(provider, covered < type(uint16).max ? uint16(covered) : type(uint16).max);
    }

    function _send(address to, uint256 amount) private {
        (bool ok,) = to.call{value: amount}("");
        require(ok, Registry_TransferFailed(to, amount));
    }
}
