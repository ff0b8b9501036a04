// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {StakeBook} from "./StakeBook.sol";
import {ICandidateBook} from "../interfaces/ICandidateBook.sol";
import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {Offer} from "../types/Offer.sol";

/// @title CandidateBook
abstract contract CandidateBook is StakeBook, ICandidateBook {
    /// @inheritdoc ICandidateBook
    /// @dev Choosing reads a dozen slots of each: below 1.5 million gas in all.
    uint256 public constant MAX_CANDIDATES = 32;
    /// A block of the slowest chain served: in a shorter window nobody could answer, and every booking would be a trap.
    uint256 private constant LEAST_WINDOW = 12 seconds;
    /// An offer cannot ask for longer windows than a booking may have.
    uint256 private constant MAX_MIN_WINDOW = 1 days;
    /// 63/64 of the 2^24 gas of a transaction (EIP-7825), less what a delivery itself spends.
    uint256 private constant MAX_CALLBACK_GAS = 16_000_000;

    mapping(bytes32 modelId => address[] providers) private _candidates;
    /// Place in the list, from 1; 0 = does not stand.
    mapping(bytes32 modelId => mapping(address provider => uint256 place)) private _places;

    /// @inheritdoc ICandidateBook
    function offer(string calldata model, Offer calldata terms) external registered(msg.sender) {
        require(bytes(model).length != 0, Registry_BadOffer("model", 0, 1));
        require(terms.minMaxGasPrice != 0, Registry_BadOffer("minMaxGasPrice", 0, 1));
        require(terms.maxCallbackGas != 0, Registry_BadOffer("maxCallbackGas", 0, 1));
        require(
            terms.maxCallbackGas <= MAX_CALLBACK_GAS,
            Registry_BadOffer("maxCallbackGas", terms.maxCallbackGas, MAX_CALLBACK_GAS)
        );
        require(terms.minWindow >= LEAST_WINDOW, Registry_BadOffer("minWindow", terms.minWindow, LEAST_WINDOW));
        require(terms.minWindow <= MAX_MIN_WINDOW, Registry_BadOffer("minWindow", terms.minWindow, MAX_MIN_WINDOW));

        bytes32 modelId = keccak256(bytes(model));
        emit Offered(msg.sender, modelId, model, terms);
        IOfferBook(EVERLOOP).setOffer(msg.sender, modelId, terms);
    }

    /// @inheritdoc ICandidateBook
    function withdrawOffer(bytes32 modelId) external {
        if (isCandidate(modelId, msg.sender)) _stepDown(modelId);
        Offer memory none;
        emit OfferWithdrawn(msg.sender, modelId);
        IOfferBook(EVERLOOP).setOffer(msg.sender, modelId, none);
    }

    /// @inheritdoc ICandidateBook
    function stand(bytes32 modelId) external registered(msg.sender) {
        Entry storage entry = _entries[msg.sender];
        require(entry.serving, Registry_NotServing(msg.sender));
        require(
            IOfferBook(EVERLOOP).offerOf(msg.sender, modelId).minMaxGasPrice != 0,
            Registry_NotOffered(msg.sender, modelId)
        );
        require(!isCandidate(modelId, msg.sender), Registry_AlreadyStanding(msg.sender, modelId));

        address[] storage list = _candidates[modelId];
        if (list.length < MAX_CANDIDATES) {
            list.push(msg.sender);
            _places[modelId][msg.sender] = list.length;
        } else {
            _replace(list, modelId, entry.bonded);
        }
        emit Stood(msg.sender, modelId);
    }

    /// @inheritdoc ICandidateBook
    function stepDown(bytes32 modelId) external {
        require(isCandidate(modelId, msg.sender), Registry_NotStanding(msg.sender, modelId));
        _stepDown(modelId);
    }

    /// @inheritdoc ICandidateBook
    function candidatesOf(bytes32 modelId) external view returns (address[] memory) {
        return _candidates[modelId];
    }

    /// @inheritdoc ICandidateBook
    function isCandidate(bytes32 modelId, address provider) public view returns (bool) {
        return _places[modelId][provider] != 0;
    }

    /// @dev Check and effects: the caller takes the place of the least stake, the first of equals. [REG-4]
    function _replace(address[] storage list, bytes32 modelId, uint256 bonded) private {
        uint256 least = type(uint256).max;
        uint256 index;
        for (uint256 i = 0; i < MAX_CANDIDATES && least != 0; ++i) {
            Entry storage entry = _entries[list[i]];
            uint256 weight = entry.serving ? entry.bonded : 0;
            if (weight < least) (least, index) = (weight, i);
        }
        require(bonded > least, Registry_StakeTooSmall(msg.sender, bonded, least + 1));

        address former = list[index];
        list[index] = msg.sender;
        _places[modelId][msg.sender] = index + 1;
        _places[modelId][former] = 0;
        emit SteppedDown(former, modelId, msg.sender);
    }

    /// @dev Effects: the last of the list takes the caller's place.
    function _stepDown(bytes32 modelId) private {
        address[] storage list = _candidates[modelId];
        uint256 place = _places[modelId][msg.sender];
        address last = list[list.length - 1];
        list[place - 1] = last;
        _places[modelId][last] = place;
        _places[modelId][msg.sender] = 0;
        list.pop();
        emit SteppedDown(msg.sender, modelId, msg.sender);
    }
}
