// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Deliveries} from "./Deliveries.sol";
import {Executor} from "./Executor.sol";
import {Misses} from "./Misses.sol";
import {Scheduler} from "./Scheduler.sol";
import {SignedOrders} from "./SignedOrders.sol";
import {IEverloop} from "../interfaces/IEverloop.sol";

/// @title Everloop
/// @notice The engine: scheduler and inference market on one ledger.
contract Everloop is IEverloop, Scheduler, Deliveries, Misses {
    /// 1 %: the most that may ever be taken of a fee.
    uint256 private constant MAX_PROTOCOL_BPS = 100;

    /// @param registry Who knows providers and stakes; it must name this contract as its engine.
    /// @param dataFee Who knows what the chain charges for data; zero where it charges nothing.
    /// @param protocolBps Basis points of each fee that go to the protocol.
    /// @param protocolReceiver Whose balance they go to.
    constructor(address registry, address dataFee, uint256 protocolBps, address protocolReceiver) {
        require(
            protocolBps <= MAX_PROTOCOL_BPS && (protocolBps == 0 || protocolReceiver != address(0)),
            Everloop_BadProtocolFee(protocolBps, MAX_PROTOCOL_BPS, protocolReceiver)
        );
        require(dataFee == address(0) || dataFee.code.length != 0, Everloop_NotAContract(dataFee));
        _REGISTRY = registry;
        _DATA_FEE = dataFee;
        _PROTOCOL_BPS = protocolBps;
        _PROTOCOL_RECEIVER = protocolReceiver;
        _EXECUTOR = address(new Executor());
        _ORDERS = address(new SignedOrders());
    }

    /// @dev Only the registry pays in without naming an account: what it slashed, credited by {expire}.
    receive() external payable {
        require(msg.sender == _REGISTRY, Ledger_UseDeposit());
    }

    /// @inheritdoc IEverloop
    function EXECUTOR() external view returns (address) {
        return _EXECUTOR;
    }

    /// @inheritdoc IEverloop
    function ORDERS() external view returns (address) {
        return _ORDERS;
    }

    /// @inheritdoc IEverloop
    function REGISTRY() external view returns (address) {
        return _REGISTRY;
    }

    /// @inheritdoc IEverloop
    function DATA_FEE() external view returns (address) {
        return _DATA_FEE;
    }

    /// @inheritdoc IEverloop
    function protocolFee() external view returns (uint256 bps, address receiver) {
        return (_PROTOCOL_BPS, _PROTOCOL_RECEIVER);
    }
}
