// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Somebody who is paid or called by an agent, and misbehaves as it is told to.
contract RedReceiver {
    enum Mode {
        Take,
        Refuse,
        Burn,
        ReturnBomb,
        RevertBomb,
        /// Calls somebody, whatever comes of it.
        Callback,
        /// Calls somebody with all that it has just received.
        Forward,
        SelfDestruct
    }

    Mode public mode;
    address private _to;
    bytes private _data;
    /// Whether the last call of {Mode-Callback} succeeded.
    bool public called;

    receive() external payable {
        _misbehave();
    }

    fallback() external payable {
        _misbehave();
    }

    function setMode(Mode mode_) external {
        mode = mode_;
    }

    function setCall(Mode mode_, address to, bytes calldata data) external {
        (mode, _to, _data) = (mode_, to, data);
    }

    /// @notice What a policy may list.
    function ping() external payable {
        _misbehave();
    }

    function _misbehave() private {
        Mode mode_ = mode;
        require(mode_ != Mode.Refuse);
        if (mode_ == Mode.Callback) (called,) = _to.call(_data);
        if (mode_ == Mode.Forward) (called,) = _to.call{value: msg.value}(_data);
        if (mode_ == Mode.SelfDestruct) selfdestruct(payable(_to));
        assembly ("memory-safe") {
            switch mode_
            case 2 { invalid() }
            case 3 { return(0, 0x40000) }
            case 4 { revert(0, 0x40000) }
        }
    }
}
