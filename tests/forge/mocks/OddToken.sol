// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice An ERC-20 token that transfers in the way a test tells it to.
contract OddToken {
    enum Mode {
        Plain,
        /// Moves, and returns nothing at all.
        Silent,
        /// Moves nothing and says so.
        False,
        Revert,
        /// The receiver gets a tenth less.
        FeeInside,
        /// The sender pays a tenth more.
        FeeOnTop,
        /// Moves twice what was asked for.
        Double,
        /// Calls somebody before it moves.
        Callback
    }

    Mode public mode;
    mapping(address account => uint256 balance) public balanceOf;
    address private _to;
    bytes private _data;
    /// Whether the call of {Mode-Callback} succeeded, and what it answered.
    bool public called;
    bytes public answer;

    error Odd_Refused();

    function setMode(Mode mode_) external {
        mode = mode_;
    }

    function setCallback(address to, bytes calldata data) external {
        (mode, _to, _data) = (Mode.Callback, to, data);
    }

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        Mode mode_ = mode;
        if (mode_ == Mode.Revert) revert Odd_Refused();
        if (mode_ == Mode.False) return false;
        if (mode_ == Mode.Callback) (called, answer) = _to.call(_data);
        uint256 fee = amount / 10;
        uint256 taken = mode_ == Mode.FeeOnTop ? amount + fee : mode_ == Mode.Double ? 2 * amount : amount;
        balanceOf[msg.sender] -= taken;
        balanceOf[to] += mode_ == Mode.FeeInside ? amount - fee : amount;
        if (mode_ == Mode.Silent) {
            assembly ("memory-safe") {
                return(0, 0)
            }
        }
        return true;
    }
}
