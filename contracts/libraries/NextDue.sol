// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Timing} from "../types/Job.sol";
import {REJECTED, STOP} from "../interfaces/IConsumers.sol";

/// @notice When a job runs next. All times are Unix seconds; 0 means never.
/// @dev Unchecked: times have 40 bits, pauses 32, and a run's due time is never in the future.
library NextDue {
    /// Back-off doubles at most this often.
    uint256 private constant MAX_DOUBLINGS = 6;

    /// @notice The next due time after a run that succeeded and returned `wish`.
    /// @param due When this run was due.
    function afterSuccess(Timing timing, uint256 due, uint256 wish) internal view returns (uint40) {
        if (wish == STOP) return 0;
        uint256 interval = timing.interval();
        if (wish == 0 || wish == REJECTED) return interval == 0 ? 0 : _regular(timing, due, interval);
        uint256 heartbeat = timing.heartbeat();
        if (heartbeat == 0) return 0;
        unchecked {
            uint256 earliest = block.timestamp + (interval == 0 ? 1 : interval);
            uint256 latest = block.timestamp + heartbeat;
            if (wish < earliest) return uint40(earliest);
            return uint40(wish > latest ? latest : wish);
        }
    }

    /// @notice The next due time after `failures` failed runs in a row.
    function afterFailure(Timing timing, uint256 failures) internal view returns (uint40) {
        uint256 heartbeat = timing.heartbeat();
        if (heartbeat == 0) return 0;
        uint256 pause = heartbeat << (failures < MAX_DOUBLINGS ? failures : MAX_DOUBLINGS);
        uint256 longest = heartbeat > 1 days ? heartbeat : 1 days;
        unchecked {
            return uint40(block.timestamp + (pause < longest ? pause : longest));
        }
    }

    /// @dev On the grid, times that have passed are left out: there is no catching up.
    function _regular(Timing timing, uint256 due, uint256 interval) private view returns (uint40 next) {
        unchecked {
            if (timing.isGrid()) {
                uint256 missed = (block.timestamp - due) / interval;
                next = uint40(due + (missed + 1) * interval);
            } else {
                next = uint40(block.timestamp + interval);
            }
        }
    }
}
