// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Delivery, Miss} from "../../../contracts/interfaces/IConsumers.sol";
import {IEverloop} from "../../../contracts/interfaces/IEverloop.sol";
import {Inference} from "../../../contracts/types/Job.sol";

/// @notice An owner and target that is tame in the block in which it is simulated, and turns in the one that counts: which
/// way is told by the number of blocks behind {TURN}, so that nothing of it is touched before.
contract Chameleon {
    enum Way {
        Burn,
        Revert,
        Bomb,
        Drain,
        Lock,
        Cancel,
        Move
    }

    uint256 public constant TURN = 2_000;
    /// Bytes of a bomb: 1 MB.
    uint256 private constant BOMB = 1 << 20;

    IEverloop private immutable _EVERLOOP;
    address private immutable _RIVAL;

    error Chameleon_Refused();

    constructor(IEverloop everloop, address rival) {
        (_EVERLOOP, _RIVAL) = (everloop, rival);
    }

    function request(Inference calldata job) external {
        _EVERLOOP.request(job, "", 0);
    }

    function withdraw(uint256 amount) external {
        _EVERLOOP.withdraw(amount, address(this));
    }

    receive() external payable {}

    function refuel() external view returns (uint256) {
        if (_hasTurned()) _burn();
        return 0;
    }

    function onTask(bytes32, address, bytes calldata) external view returns (uint256) {
        if (_hasTurned()) _burn();
        return 0;
    }

    function onInference(Delivery calldata, bytes calldata) external view returns (uint256) {
        if (_hasTurned()) _burn();
        return 0;
    }

    function onMissed(bytes32, Miss, Inference calldata job) external {
        Way way = _hasTurned() ? Way(block.number - TURN) : Way.Move;
        if (way == Way.Burn) _burn();
        if (way == Way.Revert) revert Chameleon_Refused();
        if (way == Way.Bomb) _bomb();
        if (way == Way.Drain) _EVERLOOP.withdraw(_EVERLOOP.freeOf(address(this)), address(this));
        if (way == Way.Lock) _EVERLOOP.lock(uint40(block.timestamp + 1 hours));
        if (way == Way.Cancel) _EVERLOOP.cancelInference(job);
        if (way == Way.Move) _move(job);
    }

    function _move(Inference calldata job) private {
        Inference memory next = job;
        next.provider = _RIVAL;
        next.pricing = job.pricing.withFee(0);
        _EVERLOOP.updateInference(job, next, "", uint40(block.timestamp + job.timing.interval()));
    }

    function _hasTurned() private view returns (bool) {
        return block.number >= TURN;
    }

    function _burn() private pure {
        assembly ("memory-safe") {
            invalid()
        }
    }

    function _bomb() private pure {
        assembly ("memory-safe") {
            return(0, BOMB)
        }
    }
}
