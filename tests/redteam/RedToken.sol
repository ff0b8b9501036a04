// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice An ERC-20 token that misbehaves as it is told to; what it really holds stands in slot 0.
contract RedToken {
    enum Mode {
        Plain,
        /// Returns nothing at all.
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
        Callback,
        /// Says that nobody's balance ever changes.
        Lie,
        Burn,
        Bomb,
        /// Returns a word that is no boolean.
        Two
    }

    mapping(address account => uint256 balance) private _balances;
    mapping(address account => mapping(address spender => uint256 amount)) public allowance;
    Mode public mode;
    string public name = "Gold";
    address private _to;
    bytes private _data;

    event Transfer(address indexed from, address indexed to, uint256 amount);
    event Approval(address indexed owner, address indexed spender, uint256 amount);

    function setMode(Mode mode_) external {
        mode = mode_;
    }

    function setName(string calldata name_) external {
        name = name_;
    }

    function setCallback(address to, bytes calldata data) external {
        (mode, _to, _data) = (Mode.Callback, to, data);
    }

    function mint(address to, uint256 amount) external {
        _balances[to] += amount;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount, amount);
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        Mode mode_ = mode;
        require(mode_ != Mode.Revert);
        if (mode_ == Mode.False) return false;
        if (mode_ == Mode.Callback) {
            (bool ok,) = _to.call(_data);
            ok;
        }
        uint256 fee = amount / 10;
        uint256 taken = mode_ == Mode.FeeOnTop ? amount + fee : mode_ == Mode.Double ? 2 * amount : amount;
        _move(msg.sender, to, taken, mode_ == Mode.FeeInside ? amount - fee : amount);
        assembly ("memory-safe") {
            switch mode_
            case 1 { return(0, 0) }
            case 9 { invalid() }
            case 10 { return(0, 0x10000) }
            case 11 {
                mstore(0, 2)
                return(0, 32)
            }
        }
        return true;
    }

    function balanceOf(address account) external view returns (uint256) {
        return mode == Mode.Lie ? 1_000_000 : _balances[account];
    }

    function _move(address from, address to, uint256 taken, uint256 given) private {
        _balances[from] -= taken;
        _balances[to] += given;
        emit Transfer(from, to, given);
    }
}
