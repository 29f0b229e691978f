// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// Tests and the devnet: anyone may mint.
contract PlainToken is ERC20 {
    constructor(string memory name_, string memory symbol_) ERC20(name_, symbol_) {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// Keeps one percent of every transfer.
contract FeeToken is PlainToken("Fee", "FEE") {
    function _update(address from, address to, uint256 value) internal override {
        if (from == address(0) || to == address(0)) return super._update(from, to, value);
        uint256 fee = value / 100;
        super._update(from, address(0), fee);
        super._update(from, to, value - fee);
    }
}

/// Answers false instead of reverting.
contract FalseToken is PlainToken("False", "FALSE") {
    function transfer(address, uint256) public pure override returns (bool) {
        return false;
    }

    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return false;
    }
}

/// Says whatever balance it likes of the vault: moves nothing and claims that everything asked for arrived, every time.
contract LyingToken is PlainToken("Lie", "LIE") {
    uint256 private _claim;

    function transferFrom(address, address, uint256 value) public override returns (bool) {
        _claim = value;
        return true;
    }

    function transfer(address, uint256) public override returns (bool) {
        _claim = 0;
        return true;
    }

    function reset() external {
        _claim = 0;
    }

    function balanceOf(address) public view override returns (uint256) {
        return _claim;
    }
}

/// The shape of USDT: no return values.
contract NoReturnToken {
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    error Insufficient();

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        if (allowance[from][msg.sender] < amount) revert Insufficient();
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        if (balanceOf[from] < amount) revert Insufficient();
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// Calls back into the vault during every transfer with calldata chosen by the attacker.
contract ReentrantToken is PlainToken("Re", "RE") {
    address private _target;
    bytes private _data;
    bool public wasCalledBack;
    bytes public answer;

    function arm(address target, bytes calldata data) external payable {
        _target = target;
        _data = data;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (_target == address(0) || from == address(0)) return;
        address target = _target;
        _target = address(0);
        (bool isDone, bytes memory result) = target.call{value: address(this).balance}(_data);
        wasCalledBack = isDone;
        answer = result;
    }
}

/// Answers what it was told to when asked about itself.
contract OddToken is PlainToken("", "") {
    enum Mood {
        ANSWER,
        REVERT,
        BURN_GAS,
        ANSWER_AT_LENGTH
    }

    Mood private _mood;
    bytes private _text;
    bytes private _decimals;

    function set(Mood mood, bytes calldata text, bytes calldata decimals_) external {
        _mood = mood;
        _text = text;
        _decimals = decimals_;
    }

    function name() public view override returns (string memory) {
        _answer(_text);
    }

    function symbol() public view override returns (string memory) {
        _answer(_text);
    }

    function decimals() public view override returns (uint8) {
        _answer(_decimals);
    }

    /// Ends the call: what it returns is raw.
    function _answer(bytes memory raw) private view {
        if (_mood == Mood.REVERT) revert();
        if (_mood == Mood.BURN_GAS) {
            while (true) {}
        }
        uint256 size = _mood == Mood.ANSWER ? raw.length : 100_000;
        assembly ("memory-safe") {
            return(add(raw, 32), size)
        }
    }
}
