// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {JobBook} from "./JobBook.sol";
import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {AccountCell} from "../types/Account.sol";
import {Offer} from "../types/Offer.sol";

/// @title OfferBook
abstract contract OfferBook is JobBook, IOfferBook {
    /// Longest time to answer.
    uint256 internal constant MAX_WINDOW = 1 days;

    mapping(address provider => mapping(bytes32 modelId => Offer terms)) internal _offers;
    mapping(address provider => mapping(address key => bool authorised)) private _keys;

    /// @inheritdoc IOfferBook
    function setOffer(address provider, bytes32 modelId, Offer calldata terms) external {
        require(msg.sender == _REGISTRY, Offer_NotRegistry(_REGISTRY, msg.sender));
        _offers[provider][modelId] = terms;
    }

    /// @inheritdoc IOfferBook
    function authorise(address key, bool authorised) external {
        _keys[msg.sender][key] = authorised;
        emit KeyAuthorised(msg.sender, key, authorised);
    }

    /// @inheritdoc IOfferBook
    function setCapacity(address provider, uint16 capacity) external {
        require(msg.sender == _REGISTRY, Offer_NotRegistry(_REGISTRY, msg.sender));
        AccountCell storage cell = _accounts[provider];
        cell.value = cell.value.withCapacity(capacity);
        emit CapacityChanged(provider, capacity);
    }

    /// @inheritdoc IOfferBook
    function offerOf(address provider, bytes32 modelId) external view returns (Offer memory) {
        return _offers[provider][modelId];
    }

    /// @inheritdoc IOfferBook
    function isAuthorised(address provider, address key) external view returns (bool) {
        return _keys[provider][key];
    }

    /// @dev Whether `caller` answers for `provider`: its account, or a key of it.
    function _speaks(address caller, address provider) internal view returns (bool) {
        return caller == provider || _keys[provider][caller];
    }
}
