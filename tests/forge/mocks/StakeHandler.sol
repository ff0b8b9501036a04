// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Puppet} from "./Puppet.sol";
import {vm} from "../Vm.sol";
import {IDisputeBook} from "../../../contracts/interfaces/IDisputeBook.sol";
import {IEverloop} from "../../../contracts/interfaces/IEverloop.sol";
import {IProviderRegistry} from "../../../contracts/interfaces/IProviderRegistry.sol";
import {IStakeBook} from "../../../contracts/interfaces/IStakeBook.sol";

/// @notice Moves one stake in every way there is, and remembers what it did.
contract StakeHandler {
    uint256 private constant DELAY = 14 days;
    uint256 private constant DISPUTE_TIME = 7 days;

    IProviderRegistry private immutable _REGISTRY;
    IEverloop private immutable _EVERLOOP;
    address private immutable _PROVIDER;
    address private immutable _OWNER;
    address[2] private _slashers;

    uint256[] private _amounts;
    uint256[] private _times;
    uint256[] private _disputes;
    uint256 public staked;
    uint256 public paid;
    uint256 public slashed;
    uint256 public bounties;

    constructor(
        IProviderRegistry registry,
        IEverloop everloop,
        address provider,
        address owner,
        address[2] memory list
    ) {
        (_REGISTRY, _EVERLOOP, _PROVIDER, _OWNER) = (registry, everloop, provider, owner);
        _slashers = list;
        staked = registry.providerOf(provider).bonded;
    }

    function stake(uint96 amount) external {
        amount %= 0.2 ether;
        vm.deal(address(this), amount);
        _REGISTRY.stake{value: amount}(_PROVIDER);
        staked += amount;
    }

    function unbond(uint96 amount) external {
        uint96 bonded = _REGISTRY.providerOf(_PROVIDER).bonded;
        amount = bonded == 0 ? 0 : 1 + amount % bonded;
        if (amount == 0) return;
        vm.prank(_OWNER);
        _REGISTRY.unbond(_PROVIDER, amount);
        _amounts.push(amount);
        _times.push(vm.getBlockTimestamp());
    }

    function withdraw() external {
        uint256 before = held();
        if (_REGISTRY.withdrawableOf(_PROVIDER) != 0) _REGISTRY.withdraw(_PROVIDER);
        paid += before - held();
    }

    function miss(uint256 cost) external {
        uint256 before = held();
        vm.prank(address(_EVERLOOP));
        (uint256 bounty, uint256 repaid) = _REGISTRY.slash(_PROVIDER, cost);
        slashed += before - held();
        bounties += bounty + repaid;
    }

    function open(uint256 which) external {
        vm.prank(_slashers[which % 2]);
        try _REGISTRY.openDispute(_PROVIDER) returns (uint256 id) {
            _disputes.push(id);
        } catch (bytes memory reason) {
            require(
                bytes4(reason) == IDisputeBook.Registry_TooManyDisputes.selector
                    || bytes4(reason) == IDisputeBook.Registry_NothingToHold.selector,
                "no other reason"
            );
        }
    }

    function end(uint256 which, bool upheld, uint256 cost) external {
        if (_disputes.length == 0) return;
        uint256 id = _disputes[which % _disputes.length];
        IDisputeBook.Dispute memory dispute = _REGISTRY.disputeOf(id);
        if (dispute.provider == address(0)) return;
        upheld = upheld && vm.getBlockTimestamp() < dispute.lapsesAt;
        uint256 before = held();
        vm.prank(dispute.slasher);
        if (upheld) {
            (uint256 bounty, uint256 repaid) = _REGISTRY.slashDispute(id, address(this), address(this), cost);
            bounties += bounty + repaid;
        } else {
            _REGISTRY.closeDispute(id);
        }
        slashed += before - held();
    }

    function pass(uint256 time) external {
        vm.warp(vm.getBlockTimestamp() + time % 6 days);
    }

    /// @notice wei of stake, bonded and leaving.
    function held() public view returns (uint256) {
        IStakeBook.Provider memory record = _REGISTRY.providerOf(_PROVIDER);
        return uint256(record.bonded) + record.unbonding;
    }

    /// @notice wei that have left or may leave now.
    function out() public view returns (uint256) {
        return paid + _REGISTRY.withdrawableOf(_PROVIDER);
    }

    /// @notice wei unbonded at least `age` s ago.
    function unbondedBefore(uint256 age) public view returns (uint256 sum) {
        for (uint256 i = 0; i < _amounts.length; ++i) {
            if (_times[i] + age <= vm.getBlockTimestamp()) sum += _amounts[i];
        }
    }

    /// @notice Disputes that are open.
    function openDisputes() external view returns (uint256 count) {
        for (uint256 i = 0; i < _disputes.length; ++i) {
            if (_REGISTRY.disputeOf(_disputes[i]).provider != address(0)) ++count;
        }
    }
}
