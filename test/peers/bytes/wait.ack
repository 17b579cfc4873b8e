AXE_20260402_01WAITfewer operators     
